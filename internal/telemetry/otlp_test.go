package telemetry_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"relink/internal/telemetry"
)

// collected holds what a collector of traces received.
type collected struct {
	collector.UnimplementedTraceServiceServer
	requests chan *collector.ExportTraceServiceRequest
}

func (c *collected) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		http.Error(out, "no traces", http.StatusBadRequest)
		return
	}
	c.requests <- &request
}

func (c *collected) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	c.requests <- r
	return &collector.ExportTraceServiceResponse{}, nil
}

// Not parallel: OpenTelemetry's libraries read the variables of the process.
func TestOpen_sendsTracesWhereTheEnvironmentSays(t *testing.T) {
	for protocol, listen := range map[string]func(t *testing.T, c *collected) (endpoint string){
		"": func(t *testing.T, c *collected) string {
			t.Helper()
			s := httptest.NewServer(c)
			t.Cleanup(s.Close)
			return s.URL
		},
		"grpc": func(t *testing.T, c *collected) string {
			t.Helper()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			s := grpc.NewServer()
			collector.RegisterTraceServiceServer(s, c)
			go func() { _ = s.Serve(l) }()
			t.Cleanup(s.Stop)
			return "http://" + l.Addr().String()
		},
	} {
		t.Run("protocol "+protocol, func(t *testing.T) {
			c := &collected{requests: make(chan *collector.ExportTraceServiceRequest, 1)}
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", listen(t, c))
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=sandbox")
			w, err := telemetry.Open(t.Context(), untraced(t).Log, "api", os.Environ())
			require.NoError(t, err)
			_, ended := w.Mailing(t.Context(), "reminder")
			ended("taken")
			require.NoError(t, w.Close(t.Context()), "it hands over what is left")
			spans := (<-c.requests).GetResourceSpans()[0]
			require.Equal(t, "hand over mail", spans.GetScopeSpans()[0].GetSpans()[0].GetName())
			about := map[string]string{}
			for _, a := range spans.GetResource().GetAttributes() {
				about[a.GetKey()] = a.GetValue().GetStringValue()
			}
			require.Equal(t, "relink-api", about["service.name"])
			require.Equal(t, "sandbox", about["deployment.environment.name"])
			require.NotContains(t, about, "host.name")
			require.NotContains(t, about, "process.owner")
		})
	}
}

func TestOpen_saysThatTracesAreOffWithoutAnEndpoint(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for why, environ := range map[string][]string{
		"traces (OTEL_EXPORTER_OTLP_ENDPOINT)": {"OTEL_SERVICE_NAME=relink", "PATH=/bin"},
		"traces (OTEL_SDK_DISABLED)":           {endpoint, "OTEL_SDK_DISABLED=true"},
		"traces (OTEL_TRACES_EXPORTER)":        {endpoint, "OTEL_TRACES_EXPORTER=none"},
	} {
		w := untraced(t)
		opened, err := telemetry.Open(t.Context(), w.Log, "api", environ)
		require.NoError(t, err)
		require.Equal(t, 1, w.logs.Len())
		require.Equal(t, why, w.logs.All()[0].ContextMap()["part"])
		var o client.Options
		require.NoError(t, opened.Temporal(&o))
		require.Empty(t, o.Interceptors)
		require.NoError(t, opened.Close(t.Context()))
	}
}

func TestOpen_namesAWrongVariable(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for name, wrong := range map[string]string{
		"OTEL_TRACES_EXPORTER": "OTEL_TRACES_EXPORTER=zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL": "OTEL_EXPORTER_OTLP_PROTOCOL=pigeon",
	} {
		_, err := telemetry.Open(t.Context(), untraced(t).Log, "api", []string{endpoint, wrong})
		require.ErrorContains(t, err, name)
	}
}
