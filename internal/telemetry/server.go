package telemetry

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// unmatched is the route of requests that match none of ours. Their paths may hold anything.
const unmatched = "unmatched"

// Requests returns a handler that instruments next. Each request makes a span, a log line and metrics, under the
// route's template. None of them has the path, which may hold a token. next must be, or call, an http.ServeMux, which
// names the route.
//
// Requests come from the internet. So a span links the trace that its caller names, and does not join it.
//
// If next panics before it has responded, failed responds. The panic and its stack are in the request's log line.
func (t *Telemetry) Requests(next http.Handler, failed http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, event := withEvent(r.Context())
		options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot()}
		if caller := trace.SpanContextFromContext(wire.Extract(r.Context(), propagation.HeaderCarrier(r.Header))); caller.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: caller}))
		}
		ctx, span := t.tracer.Start(ctx, "request", options...)
		response := &response{ResponseWriter: out}
		r = r.WithContext(ctx) // the mux writes the route into this one
		defer func() {
			p, begun := recover(), response.status != 0
			if p != nil {
				event.Set(zap.String("panic", fmt.Sprint(p)), zap.Stack("stack"))
				if !begun {
					failed(response, r)
				}
			}
			t.served(span, event, cmp.Or(r.Pattern, unmatched), cmp.Or(response.status, http.StatusOK), time.Since(began))
			if p != nil && begun {
				panic(http.ErrAbortHandler) // so that half a response does not look like a whole one
			}
		}()
		next.ServeHTTP(response, r)
	})
}

// served records a request at its end.
func (t *Telemetry) served(span trace.Span, event *Event, route string, status int, took time.Duration) {
	t.metrics.count(httpRequests, 1, route, statusClass(status))
	t.metrics.took(httpSeconds, took, route)
	span.SetName(route)
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if method, template, ok := strings.Cut(route, " "); ok {
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", template))
	}
	level := zapcore.InfoLevel
	if status >= http.StatusInternalServerError {
		level = zapcore.ErrorLevel
		span.SetStatus(codes.Error, http.StatusText(status))
	}
	span.End()
	fields := []zap.Field{zap.String("route", route), zap.Int("status", status), zap.Duration("took", took)}
	if traced := span.SpanContext(); traced.IsValid() {
		fields = append(fields, zap.Stringer("trace_id", traced.TraceID()))
	}
	t.Log.Log(level, "request answered", append(fields, event.all()...)...)
}

// response records the status of a response.
type response struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *response) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *response) Write(b []byte) (int, error) {
	r.status = cmp.Or(r.status, http.StatusOK)
	return r.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }
