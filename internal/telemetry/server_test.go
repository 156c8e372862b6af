package telemetry_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.uber.org/zap"

	"relink/internal/telemetry"
)

const token = "eyJtIjoibV8xIn0-a-secret-of-the-merchants"

// failed responds where a handler panicked.
func failed(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

// serve sends one request through an instrumented server, and returns the response and the fields of its log line.
func (w *observed) serve(t *testing.T, r *http.Request, h http.HandlerFunc) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /relink/{token}", h)
	before := w.logs.Len()
	response := httptest.NewRecorder()
	w.Requests(mux, failed).ServeHTTP(response, r)
	require.Equal(t, before+1, w.logs.Len(), "one request, one line")
	line := w.logs.All()[before]
	require.Equal(t, "request answered", line.Message)
	fields := line.ContextMap()
	fields["level"] = line.Level.String()
	return response, fields
}

func page() *http.Request {
	return httptest.NewRequest(http.MethodGet, "/relink/"+token+"?next="+token, nil)
}

func TestRequests_writesOneLineThatHandlersAddTo(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	_, line := w.serve(t, page(), func(out http.ResponseWriter, r *http.Request) {
		event := telemetry.EventIn(r.Context())
		event.Set(zap.String("caller", "nobody"), zap.String("item_id", "itm_1"))
		event.Set(zap.String("caller", "merchant"), zap.Error(errors.New("no such item")))
		out.WriteHeader(http.StatusNotFound)
	})
	delete(line, "took")
	require.Equal(t, map[string]any{
		"level": "info", "route": "GET /relink/{token}", "status": int64(404), "caller": "merchant", "item_id": "itm_1", "error": "no such item",
	}, line)
}

func TestRequests_recordsTheTemplateAndNothingElseOfTheURL(t *testing.T) {
	t.Parallel()
	w := traced(t)
	for _, r := range []*http.Request{
		page(), httptest.NewRequest(http.MethodGet, "/elsewhere/"+token, nil), httptest.NewRequest("X"+token, "/relink/"+token, nil),
		httptest.NewRequest(http.MethodPost, "/relink/"+token, strings.NewReader(token)),
	} {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", token)
		_, line := w.serve(t, r, func(http.ResponseWriter, *http.Request) {})
		require.Contains(t, []any{"GET /relink/{token}", "unmatched"}, line["route"])
		for name, value := range line {
			require.NotContains(t, fmt.Sprint(value), token, name)
		}
	}
	for _, span := range w.spans.GetSpans() {
		require.NotContains(t, span.Name, token)
		for name, value := range attributes(span) {
			require.NotContains(t, value, token, name)
		}
	}
	require.NotContains(t, strings.Join(w.scraped(t, ""), "\n"), token)
}

func TestRequests_makesASpanUnderTheRoute(t *testing.T) {
	t.Parallel()
	w := traced(t)
	r := page()
	r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	var inside string
	_, line := w.serve(t, r, func(out http.ResponseWriter, r *http.Request) {
		inside = telemetry.Traceparent(r.Context())
		http.Error(out, "away", http.StatusServiceUnavailable)
	})
	require.Equal(t, "error", line["level"])
	require.Len(t, w.spans.GetSpans(), 1)
	span := w.spans.GetSpans()[0]
	require.Equal(t, "GET /relink/{token}", span.Name)
	require.Equal(t, map[string]string{
		"http.request.method": "GET", "http.route": "/relink/{token}", "http.response.status_code": "503",
	}, attributes(span))
	require.Equal(t, codes.Error, span.Status.Code)
	require.Equal(t, span.SpanContext.TraceID().String(), line["trace_id"])
	require.Equal(t, "00-"+span.SpanContext.TraceID().String()+"-"+span.SpanContext.SpanID().String()+"-01", inside)
	require.NotEqual(t, "0af7651916cd43dd8448eb211c80319c", span.SpanContext.TraceID().String(), "whoever calls us does not choose our trace")
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", span.Links[0].SpanContext.TraceID().String())
}

func TestRequests_countsByRouteAndStatus(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	w.serve(t, page(), func(http.ResponseWriter, *http.Request) {})
	w.serve(t, page(), func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte("hello")) })
	w.serve(t, page(), func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusConflict) })
	w.serve(t, httptest.NewRequest(http.MethodGet, "/", nil), func(http.ResponseWriter, *http.Request) {})
	require.Equal(t, []string{
		`relink_http_requests_total{route="GET /relink/{token}",status="2xx"} 2`,
		`relink_http_requests_total{route="GET /relink/{token}",status="4xx"} 1`,
		`relink_http_requests_total{route="unmatched",status="4xx"} 1`,
	}, w.scraped(t, "relink_http_requests"))
	require.Contains(t, w.scraped(t, "relink_http_request_seconds"), `relink_http_request_seconds_count{route="GET /relink/{token}"} 3`)
}

func TestRequests_respondsToAPanicAndLogsIt(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	response, line := w.serve(t, page(), func(http.ResponseWriter, *http.Request) { panic("index out of range") })
	require.Equal(t, http.StatusInternalServerError, response.Code)
	require.EqualValues(t, http.StatusInternalServerError, line["status"])
	require.Equal(t, "error", line["level"])
	require.Equal(t, "index out of range", line["panic"])
	require.Contains(t, line["stack"], "server_test.go")
}

func TestRequests_abortsAfterAPanicWithinAResponse(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	server := httptest.NewServer(w.Requests(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		_, _ = out.Write([]byte(`{"state":`))
		panic("index out of range")
	}), failed))
	defer server.Close()
	server.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
	response, err := http.Get(server.URL)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
	}
	require.Error(t, err)
	require.Equal(t, "index out of range", w.logs.All()[0].ContextMap()["panic"])
}

func TestRequests_withoutAProviderTracesNothing(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	inside := "something"
	_, line := w.serve(t, page(), func(_ http.ResponseWriter, r *http.Request) { inside = telemetry.Traceparent(r.Context()) })
	require.Empty(t, inside)
	require.NotContains(t, line, "trace_id")
}
