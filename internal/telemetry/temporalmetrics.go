package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.uber.org/zap"
)

// newTemporalMetrics returns a handler that exports what the Temporal SDK measures through registry. The exporter adds
// "_total" to counters and "_seconds" to latencies, and keeps the SDK's tags as labels, with no label of its own.
func newTemporalMetrics(registry prometheus.Registerer, log *zap.Logger) client.MetricsHandler {
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil { // as MustRegister: only a second registration fails
		panic(err)
	}
	latencies := sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: slow}}
	meters := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(reader),
		sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram}, latencies)),
		sdkmetric.WithCardinalityLimit(0), // no limit: the SDK's tags have few values, and a metric cut off would mislead
	)
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                meters.Meter("temporal"),
		UseMonotonicCounters: true,
		OnError:              func(err error) { log.Warn("metric of the Temporal SDK not kept", zap.Error(err)) },
	})
}
