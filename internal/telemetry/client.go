package telemetry

import (
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// PlaidClient returns the client for calls of Plaid's API. It makes a span and metrics for each call, with the host,
// method, path and status, and nothing else. Plaid's paths hold no ids. The client does not look at headers and bodies,
// which hold the secrets. It sends no trace header, because our traces must not leave relink.
//
// OpenTelemetry's own transport would record the whole URL with its query.
func (t *Telemetry) PlaidClient() *http.Client {
	return &http.Client{Transport: &calls{telemetry: t, next: http.DefaultTransport}}
}

type calls struct {
	telemetry *Telemetry
	next      http.RoundTripper
}

// RoundTrip implements http.RoundTripper. It measures the time until the header of the response.
func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := c.telemetry.tracer.Start(r.Context(), r.Method+" "+r.URL.Path, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
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
		span.SetStatus(codes.Error, "no response") // the activity's failure has the error's own text
	default:
		status = statusClass(response.StatusCode)
		span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
		if response.StatusCode >= http.StatusBadRequest {
			span.SetStatus(codes.Error, http.StatusText(response.StatusCode))
		}
	}
	c.telemetry.metrics.took(callSeconds, time.Since(began), r.URL.Path, status)
	return response, err
}
