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

// Options of a Telemetry.
type Options struct {
	// Spans receives the spans. With nil nothing is traced.
	Spans trace.TracerProvider
	// Version and Revision are for relink_build_info; default those in the binary.
	Version, Revision string
}

// New returns a Telemetry that writes to log.
func New(log *zap.Logger, o Options) *Telemetry {
	t := &Telemetry{Log: log, metrics: newMetrics(log, o.Version, o.Revision), tracing: o.Spans != nil}
	if o.Spans == nil {
		o.Spans = noop.NewTracerProvider()
	}
	t.tracer = o.Spans.Tracer("relink")
	return t
}

// MetricsHandler returns the handler of GET /metrics.
func (t *Telemetry) MetricsHandler() http.Handler { return t.metrics.handler(t.Log) }

// Close exports the spans that are left.
func (t *Telemetry) Close(ctx context.Context) error {
	if t.close == nil {
		return nil
	}
	return t.close(ctx)
}

// Webhook counts a delivery of Plaid's. result is one of the table's.
func (t *Telemetry) Webhook(result string) { t.metrics.count(webhooks, 1, result) }

// UnknownWebhook counts a delivery of a type or code that relink does not know. kind is its type if that is known, or
// "other".
func (t *Telemetry) UnknownWebhook(kind string) { t.metrics.count(webhooksUnknown, 1, kind) }

// Dispatching begins the span of a batch of hints. The span continues the trace of the oldest row, if there is one, and
// links the traces of the others.
func (t *Telemetry) Dispatching(
	ctx context.Context, traces []string,
) (context.Context, func(outcome string, hints int, waited time.Duration)) {
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
	ctx, span := t.tracer.Start(ctx, "dispatch hints", began...)
	return ctx, func(outcome string, rows int, waited time.Duration) {
		span.SetAttributes(attribute.String("relink.outcome", outcome), attribute.Int("relink.hints", rows))
		span.End()
		t.metrics.count(hints, rows, outcome)
		if outcome == "delivered" {
			t.metrics.took(dispatchSeconds, waited)
		}
	}
}

// Asked counts a query to Plaid about an Item. result is one of the table's.
func (t *Telemetry) Asked(result string) { t.metrics.count(questions, 1, result) }

// Mailing begins the span in which a mail is handed to the mail server. The returned function ends it.
func (t *Telemetry) Mailing(ctx context.Context, kind string) (context.Context, func(outcome string)) {
	ctx, span := t.tracer.Start(ctx, "hand over mail", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("relink.mail", kind), attribute.String("network.protocol.name", "smtp")))
	return ctx, func(outcome string) {
		span.SetAttributes(attribute.String("relink.outcome", outcome))
		if outcome != "taken" {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
		t.metrics.count(mails, 1, kind, outcome)
	}
}

// Incident counts a recorded step of an incident.
func (t *Telemetry) Incident(step, cause string) { t.metrics.count(incidents, 1, step, cause) }

// statusClass returns the class of an HTTP status: "2xx" for 204.
func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }
