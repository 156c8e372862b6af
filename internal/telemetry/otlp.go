package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/zap"
)

// Open returns the Telemetry of a process. OpenTelemetry's own OTEL_ variables alone decide whether and where spans go.
// Its libraries read most of them themselves (endpoint, headers, certificates, sampler, batches, resource). Open reads
// the others from environ, the "NAME=value" strings of os.Environ. Source:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
func Open(ctx context.Context, log *zap.Logger, process string, environ []string) (*Telemetry, error) {
	vars := variables(environ)
	off, err := vars.off()
	if err != nil {
		return nil, err
	}
	if off != "" {
		log.Info("not configured, so it is off", zap.String("part", "traces ("+off+")"))
		return New(log, Options{}), nil
	}
	exporter, err := vars.exporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("make exporter of traces: %w", err)
	}
	version, _, _ := build("", "")
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "relink-"+process), attribute.String("service.version", version)),
		resource.WithFromEnv(), // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES; the last option wins
		resource.WithTelemetrySDK(),
	)
	if err != nil {
		return nil, fmt.Errorf("describe this process to traces: %w", err)
	}
	// OpenTelemetry has one error handler for the whole process. By default it writes to the standard logger.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces not handed over", zap.Error(err)) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	t := New(log, Options{Spans: provider})
	t.close = provider.Shutdown
	log.Info("traces are handed over", zap.String("protocol", vars.protocol()))
	return t, nil
}

// vars are OpenTelemetry's variables.
type vars map[string]string

func variables(environ []string) vars {
	v := vars{}
	for _, line := range environ {
		if name, value, _ := strings.Cut(line, "="); strings.HasPrefix(name, "OTEL_") {
			v[name] = strings.TrimSpace(value)
		}
	}
	return v
}

// off returns the variable that turns traces off, or nothing if they are on.
func (v vars) off() (string, error) {
	switch exporter := cmp.Or(v["OTEL_TRACES_EXPORTER"], "otlp"); {
	case strings.EqualFold(v["OTEL_SDK_DISABLED"], "true"):
		return "OTEL_SDK_DISABLED", nil
	case exporter == "none":
		return "OTEL_TRACES_EXPORTER", nil
	case exporter != "otlp":
		return "", fmt.Errorf("OTEL_TRACES_EXPORTER: expected otlp or none, got %q", exporter)
	case cmp.Or(v["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], v["OTEL_EXPORTER_OTLP_ENDPOINT"]) == "":
		return "OTEL_EXPORTER_OTLP_ENDPOINT", nil
	}
	return "", nil
}

func (v vars) protocol() string {
	return cmp.Or(v["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"], v["OTEL_EXPORTER_OTLP_PROTOCOL"], "http/protobuf")
}

func (v vars) exporter(ctx context.Context) (*otlptrace.Exporter, error) {
	switch v.protocol() {
	case "http/protobuf", "http/json":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	}
	return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf, http/json or grpc, got %q", v.protocol())
}
