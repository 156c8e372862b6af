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

// Requests instruments a server. Each request makes a span, a line and metrics, under the route's template. None of
// them has the path, which may hold a token. next must be, or lead to, an http.ServeMux, which names the route.
//
// Requests come from the internet. So a span links the trace that its caller names, and does not join it.
func (w *Telemetry) Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, event := withEvent(r.Context())
		options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot()}
		if caller := trace.SpanContextFromContext(wire.Extract(r.Context(), propagation.HeaderCarrier(r.Header))); caller.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: caller}))
		}
		ctx, span := w.tracer.Start(ctx, "request", options...)
		answer := &answer{ResponseWriter: out}
		r = r.WithContext(ctx) // the mux writes the route into this one
		defer func() {
			p, begun := recover(), answer.status != 0
			if p != nil {
				event.Set(zap.String("panic", fmt.Sprint(p)), zap.Stack("stack"))
				if !begun {
					answer.WriteHeader(http.StatusInternalServerError)
				}
			}
			w.answered(span, event, cmp.Or(r.Pattern, unmatched), cmp.Or(answer.status, http.StatusOK), time.Since(began))
			if p != nil && begun {
				panic(http.ErrAbortHandler) // so nobody takes half an answer for a whole one
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// answered records a request at its end.
func (w *Telemetry) answered(span trace.Span, event *Event, route string, status int, took time.Duration) {
	w.metrics.count(httpRequests, 1, route, statusClass(status))
	w.metrics.took(httpSeconds, took, route)
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
	w.Log.Log(level, "request answered", append(fields, event.all()...)...)
}

// answer records the status of an answer.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.status = cmp.Or(a.status, http.StatusOK)
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
