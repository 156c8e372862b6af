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

// Watch is what a process tells of itself. Its methods fill the ports of those that are watched.
type Watch struct {
	// Log is where the process speaks.
	Log *zap.Logger

	metrics *metrics
	tracer  trace.Tracer
	tracing bool
	close   func(ctx context.Context) error
}

// Options of a Watch.
type Options struct {
	// Spans takes the spans; nil when nothing is traced, which then costs nothing.
	Spans trace.TracerProvider
	// Version and Revision are what the metrics say runs; empty means what the binary says itself.
	Version, Revision string
}

// New makes a Watch that writes to log.
func New(log *zap.Logger, o Options) *Watch {
	w := &Watch{Log: log, metrics: newMetrics(o.Version, o.Revision), tracing: o.Spans != nil}
	if o.Spans == nil {
		o.Spans = noop.NewTracerProvider()
	}
	w.tracer = o.Spans.Tracer("relink")
	return w
}

// MetricsHandler answers GET /metrics.
func (w *Watch) MetricsHandler() http.Handler { return w.metrics.handler(w.Log) }

// Close hands over the spans that are still here.
func (w *Watch) Close(ctx context.Context) error {
	if w.close == nil {
		return nil
	}
	return w.close(ctx)
}

// Webhook counts a delivery at the webhook's door; result is one of the table's.
func (w *Watch) Webhook(result string) { w.metrics.count(webhooks, 1, result) }

// UnknownWebhook counts a delivery of a type or code that relink has not been told of; kind is its type if that is
// known, else "other".
func (w *Watch) UnknownWebhook(kind string) { w.metrics.count(webhooksUnknown, 1, kind) }

// Dispatching begins the span of a batch of hints. It goes on in the trace that brought the oldest row, when there is
// one, and is linked to those that brought the others.
func (w *Watch) Dispatching(ctx context.Context, traces []string) (context.Context, func(outcome string, hints int, waited time.Duration)) {
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
func (w *Watch) Asked(result string) { w.metrics.count(questions, 1, result) }

// Mailing begins the span of a mail's hand-over.
func (w *Watch) Mailing(ctx context.Context, kind string) (context.Context, func(outcome string)) {
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

// Incident counts a step of an incident that was recorded.
func (w *Watch) Incident(step, cause string) { w.metrics.count(incidents, 1, step, cause) }

// statusClass is "2xx" for 204.
func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }
