package telemetry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relink/internal/telemetry"
)

// observed is a Telemetry with everything that it records.
type observed struct {
	*telemetry.Telemetry
	logs  *observer.ObservedLogs
	spans *tracetest.InMemoryExporter
}

func traced(t *testing.T) *observed {
	t.Helper()
	w := &observed{spans: tracetest.NewInMemoryExporter()}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(w.spans))
	w.record(telemetry.Options{Spans: provider, Version: "v1.2.3", Revision: "abc"})
	return w
}

func untraced(t *testing.T) *observed {
	t.Helper()
	w := &observed{}
	w.record(telemetry.Options{})
	return w
}

func (w *observed) record(o telemetry.Options) {
	core, logs := observer.New(zapcore.DebugLevel)
	w.logs, w.Telemetry = logs, telemetry.New(zap.New(core), o)
}

// scraped returns the lines of the metrics that begin with prefix, without their help.
func (w *observed) scraped(t *testing.T, prefix string) []string {
	t.Helper()
	response := httptest.NewRecorder()
	w.MetricsHandler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, response.Code)
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// attributes of a span, as text.
func attributes(span tracetest.SpanStub) map[string]string {
	all := map[string]string{}
	for _, a := range span.Attributes {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}
