package telemetry_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/telemetry"
)

func TestLabels_areThoseOfAScrapedSeries(t *testing.T) {
	t.Parallel()
	labels, ok := telemetry.Labels("relink_webhooks_total")
	require.True(t, ok)
	require.Contains(t, labels["result"], "stored")
	require.NotContains(t, labels["result"], "lost")

	labels, ok = telemetry.Labels("relink_dispatch_seconds_bucket")
	require.True(t, ok)
	require.Equal(t, map[string][]string{"le": nil}, labels)
	labels, ok = telemetry.Labels("relink_http_requests_total")
	require.True(t, ok)
	require.Equal(t, map[string][]string{"route": nil, "status": nil}, labels)

	for _, series := range []string{"relink_webhooks", "relink_dispatch_seconds", "relink_inbox_rows_count", "up"} {
		_, ok = telemetry.Labels(series)
		require.False(t, ok, series)
	}
}
