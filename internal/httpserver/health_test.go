package httpserver_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/httpserver"
)

// metricsPage is a page of metrics that records which parts it measures.
type metricsPage struct{ parts []string }

func (m *metricsPage) Part(name string, _ func(context.Context) error) {
	m.parts = append(m.parts, name)
}

func (m *metricsPage) MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics")) })
}

func TestHealth_isReadyByItsNeededChecksAlone(t *testing.T) {
	t.Parallel()
	var postgres, temporal error
	m := &metricsPage{}
	h := httpserver.Health(m,
		map[string]httpserver.Check{"postgres": func(context.Context) error { return postgres }},
		map[string]httpserver.Check{"temporal": func(context.Context) error { return temporal }})
	require.ElementsMatch(t, []string{"postgres", "temporal"}, m.parts)

	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	ready := get("/readyz")
	require.Equal(t, http.StatusOK, ready.Code)
	require.JSONEq(t, `{"postgres":"ok","temporal":"ok"}`, ready.Body.String())

	temporal = errors.New("connection refused")
	ready = get("/readyz")
	require.Equal(t, http.StatusOK, ready.Code, "what is only informative stops nothing")
	require.JSONEq(t, `{"postgres":"ok","temporal":"away"}`, ready.Body.String())

	postgres = errors.New("connection refused")
	ready = get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, ready.Code)
	require.JSONEq(t, `{"postgres":"away","temporal":"away"}`, ready.Body.String())
	require.Equal(t, http.StatusOK, get("/healthz").Code, "the process lives all the while")
	require.Equal(t, "metrics", get("/metrics").Body.String())
}
