package telemetry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func TestTemporal_metricsOfTheSDKAreScraped(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	var o client.Options
	require.NoError(t, w.Temporal(&o))
	tagged := o.MetricsHandler.WithTags(map[string]string{"namespace": "default"})
	polls := tagged.WithTags(map[string]string{"operation": "Poll"})
	polls.Counter("temporal_request").Inc(2)
	polls.Counter("temporal_request").Inc(1)
	tagged.Counter("temporal_request").Inc(1) // fewer tags than its namesake
	tagged.Gauge("temporal_num_pollers").Update(4)
	tagged.Gauge("temporal_num_pollers").Update(3)
	tagged.Timer("temporal_request_latency").Record(40 * time.Millisecond)
	require.ElementsMatch(t, []string{
		`temporal_request_total{namespace="default"} 1`, `temporal_request_total{namespace="default",operation="Poll"} 3`,
	}, w.scraped(t, "temporal_request_total"))
	require.Equal(t, []string{`temporal_num_pollers{namespace="default"} 3`}, w.scraped(t, "temporal_num_pollers"))
	require.Contains(t, w.scraped(t, "temporal_request_latency"), `temporal_request_latency_seconds_sum{namespace="default"} 0.04`)

	require.Empty(t, w.logs.All(), "every scrape was whole")

	tagged.Gauge("temporal_request_total").Update(1) // a namesake of another kind
	require.Len(t, w.scraped(t, "temporal_request_total"), 2)
	require.NotEmpty(t, w.scraped(t, "temporal_num_pollers"), "the rest is scraped all the same")
	require.NotZero(t, w.logs.FilterMessage("metrics not scraped whole").Len())
}
