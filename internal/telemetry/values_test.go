package telemetry_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/telemetry"
)

// The words of the rules are the words of the labels and of the metrics' documentation.
func TestLabels_haveTheWordsOfTheRules(t *testing.T) {
	t.Parallel()
	document := telemetry.Document()
	labels, ok := telemetry.Labels("relink_mails_total")
	require.True(t, ok)
	for _, kind := range item.MailKinds() {
		require.Contains(t, labels["kind"], string(kind))
	}
	require.Len(t, labels["kind"], len(item.MailKinds()))
	require.Contains(t, document, "by kind (reminder, expiring, reconnected)")

	labels, ok = telemetry.Labels("relink_incidents_total")
	require.True(t, ok)
	for _, step := range item.Steps() {
		require.Contains(t, labels["step"], string(step))
		require.Contains(t, document, string(step))
	}
	for _, cause := range item.Causes() {
		require.Contains(t, labels["cause"], string(cause))
	}
	require.Contains(t, labels["cause"], "", "a closed incident has none")
}

func TestLabels_knowASeriesByTheLabelsItIsScrapedWith(t *testing.T) {
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
