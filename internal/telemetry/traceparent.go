package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// wire is the one form in which a trace leaves a process: W3C Trace Context. Baggage is not among it: whoever calls us
// could write anything into it.
var wire propagation.TraceContext

const traceparentKey = "traceparent"

// Traceparent answers the W3C traceparent of what goes on in ctx, to be stored beside what it caused; empty when nothing
// is traced.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	wire.Inject(ctx, carrier)
	return carrier[traceparentKey]
}

// spanContext reads a stored traceparent; what it answers is not valid when that is not one.
func spanContext(traceparent string) trace.SpanContext {
	carrier := propagation.MapCarrier{traceparentKey: traceparent}
	return trace.SpanContextFromContext(wire.Extract(context.Background(), carrier))
}
