package telemetry

import (
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// PlaidClient carries the calls of Plaid's API: a span and the metrics for each, with its host, method, path and status,
// and nothing else. Plaid's paths hold no ids; everything that is secret travels in headers and bodies, which are not
// looked at, and no trace header is added, for it is nobody's business outside.
//
// OpenTelemetry's own transport would note the whole URL with its query; this one writes out what it notes.
func (w *Watch) PlaidClient() *http.Client {
	return &http.Client{Transport: &calls{watch: w, next: http.DefaultTransport}}
}

type calls struct {
	watch *Watch
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper. The time it measures ends with the answer's header.
func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := c.watch.tracer.Start(r.Context(), r.Method+" "+r.URL.Path, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("server.address", r.URL.Hostname()),
		attribute.String("http.request.method", r.Method),
		attribute.String("url.template", r.URL.Path),
	))
	defer span.End()
	began := time.Now()
	response, err := c.next.RoundTrip(r.WithContext(ctx))
	status := "none"
	switch {
	case err != nil:
		span.SetStatus(codes.Error, "no answer") // the error's own text stands in the activity's failure
	default:
		status = statusClass(response.StatusCode)
		span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
		if response.StatusCode >= http.StatusBadRequest {
			span.SetStatus(codes.Error, http.StatusText(response.StatusCode))
		}
	}
	c.watch.metrics.took(callSeconds, time.Since(began), r.URL.Path, status)
	return response, err
}
