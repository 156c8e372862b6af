package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// Telemetry records what a process does: logs, traces and metrics. Its methods implement the ports of other packages.
type Telemetry struct {
	// Log is the process's log.
	Log *zap.Logger

	metrics *metrics
	tracer  trace.Tracer
	tracing bool
	close   func(ctx context.Context) error
}

// Options of a Watch.
type Options struct {
	// Spans receives the spans. nil traces nothing, and costs nothing.
	Spans trace.TracerProvider
	// Version and Revision are for relink_build_info. Empty: those in the binary.
	Version, Revision string
}

// New returns a Watch that writes to log.
func New(log *zap.Logger, o Options) *Telemetry {
	w := &Telemetry{Log: log, metrics: newMetrics(log, o.Version, o.Revision), tracing: o.Spans != nil}
	if o.Spans == nil {
		o.Spans = noop.NewTracerProvider()
	}
	w.tracer = o.Spans.Tracer("relink")
	return w
}

// MetricsHandler returns the handler of GET /metrics.
func (w *Telemetry) MetricsHandler() http.Handler { return w.metrics.handler(w.Log) }

// Close exports the spans that are left.
func (w *Telemetry) Close(ctx context.Context) error {
	if w.close == nil {
		return nil
	}
	return w.close(ctx)
}

// Webhook counts a delivery at the webhook's door. result is one of the table's.
func (w *Telemetry) Webhook(result string) { w.metrics.count(webhooks, 1, result) }

// UnknownWebhook counts a delivery of a type or code that relink does not know. kind is its type if that is known, or
// "other".
func (w *Telemetry) UnknownWebhook(kind string) { w.metrics.count(webhooksUnknown, 1, kind) }

// Dispatching begins the span of a batch of hints. The span continues the trace of the oldest row, if there is one, and
// links the traces of the others.
func (w *Telemetry) Dispatching(ctx context.Context, traces []string) (context.Context, func(outcome string, hints int, waited time.Duration)) {
	began := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer)}
	for i, traceparent := range traces {
		parent := spanContext(traceparent)
		switch {
		case !parent.IsValid():
		case i == 0:
			ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
		default:
			began = append(began, trace.WithLinks(trace.Link{SpanContext: parent}))
		}
	}
	ctx, span := w.tracer.Start(ctx, "dispatch hints", began...)
	return ctx, func(outcome string, rows int, waited time.Duration) {
		span.SetAttributes(attribute.String("relink.outcome", outcome), attribute.Int("relink.hints", rows))
		span.End()
		w.metrics.count(hints, rows, outcome)
		if outcome == "delivered" {
			w.metrics.took(dispatchSeconds, waited)
		}
	}
}

// Asked counts a question to Plaid about an Item.
func (w *Telemetry) Asked(result string) { w.metrics.count(questions, 1, result) }

// Mailing begins the span in which a mail is given to the mail server.
func (w *Telemetry) Mailing(ctx context.Context, kind string) (context.Context, func(outcome string)) {
	ctx, span := w.tracer.Start(ctx, "hand over mail", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("relink.mail", kind), attribute.String("network.protocol.name", "smtp")))
	return ctx, func(outcome string) {
		span.SetAttributes(attribute.String("relink.outcome", outcome))
		if outcome != "taken" {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
		w.metrics.count(mails, 1, kind, outcome)
	}
}

// Incident counts a recorded step of an incident.
func (w *Telemetry) Incident(step, cause string) { w.metrics.count(incidents, 1, step, cause) }

// statusClass returns "2xx" for 204.
func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }
