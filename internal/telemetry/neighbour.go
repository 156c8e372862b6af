package telemetry

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Sent counts a message that was handed to a neighbour; class is the first word of its event.
func (t *Telemetry) Sent(destination, class, outcome string) {
	t.metrics.count(deliveries, 1, destination, class, outcome)
}

// Outbox makes a scrape measure the messages to a neighbour: how many are in each state, and how long the oldest
// message that may still be delivered has been due.
func (t *Telemetry) Outbox(
	destination string, measure func(ctx context.Context) (rows map[string]int, oldestUndelivered time.Duration, err error),
) {
	t.metrics.scrape.measured(queue{outboxRows, outboxOldest, destination}, measure)
}

// Neighbour returns a function that wraps the transport of a neighbour's client. It makes a span for each call, with
// the neighbour's name, the method and the status. The span has nothing of the URL, because a path or a query may be a
// secret. No trace header is sent.
func (t *Telemetry) Neighbour(name string) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &neighbourCalls{telemetry: t, name: name, next: next}
	}
}

type neighbourCalls struct {
	telemetry *Telemetry
	name      string
	next      http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *neighbourCalls) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := c.telemetry.tracer.Start(r.Context(), r.Method+" "+c.name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("peer.service", c.name),
		attribute.String("http.request.method", r.Method),
	))
	defer span.End()
	response, err := c.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		span.SetStatus(codes.Error, "no response") // the error's own text stands in the activity's failure
		return response, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	if response.StatusCode/100 != 2 {
		span.SetStatus(codes.Error, http.StatusText(response.StatusCode))
	}
	return response, nil
}
