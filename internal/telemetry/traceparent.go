package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// wire is the one form in which a trace leaves a process: W3C Trace Context. It has no baggage, because a caller could
// write anything into that.
var wire propagation.TraceContext

const traceparentKey = "traceparent"

// Traceparent returns the W3C traceparent of ctx's span. It is stored with the rows that the span writes. It is empty
// if nothing is traced.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	wire.Inject(ctx, carrier)
	return carrier[traceparentKey]
}

// spanContext reads a stored traceparent. The result is not valid if the text is not a traceparent.
func spanContext(traceparent string) trace.SpanContext {
	carrier := propagation.MapCarrier{traceparentKey: traceparent}
	return trace.SpanContextFromContext(wire.Extract(context.Background(), carrier))
}
