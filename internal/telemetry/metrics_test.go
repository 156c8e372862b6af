package telemetry_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/telemetry"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

func TestTheDocumentIsMadeFromTheTable(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "metrics.md")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(telemetry.Document()), 0o644))
	}
	document, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, telemetry.Document(), string(document), "go test ./internal/telemetry -update writes it anew")
}

func TestEverythingThatIsToldIsCounted(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	w.Webhook("stored")
	w.Webhook("stored")
	w.Webhook("refused_signature")
	w.UnknownWebhook("ITEM")
	_, ended := w.Dispatching(t.Context(), nil)
	ended("delivered", 3, 70*time.Millisecond)
	_, ended = w.Dispatching(t.Context(), nil)
	ended("failed", 1, time.Hour)
	w.Asked("healthy")
	_, mailed := w.Mailing(t.Context(), "reminder")
	mailed("taken")
	w.Incident("opened", "credentials")
	w.Incident("closed", "")
	w.Sent("platform", "plaid", "delivered")
	require.Equal(t, []string{`relink_webhooks_total{result="refused_signature"} 1`, `relink_webhooks_total{result="stored"} 2`}, w.scraped(t, "relink_webhooks_total"))
	require.Equal(t, []string{`relink_webhooks_unknown_total{type="ITEM"} 1`}, w.scraped(t, "relink_webhooks_unknown"))
	require.Equal(t, []string{`relink_hints_total{outcome="delivered"} 3`, `relink_hints_total{outcome="failed"} 1`}, w.scraped(t, "relink_hints"))
	require.Contains(t, w.scraped(t, "relink_dispatch"), "relink_dispatch_seconds_count 1", "only what Temporal has is measured")
	require.Contains(t, w.scraped(t, "relink_dispatch"), "relink_dispatch_seconds_sum 0.07")
	require.Equal(t, []string{`relink_plaid_questions_total{result="healthy"} 1`}, w.scraped(t, "relink_plaid_questions"))
	require.Equal(t, []string{`relink_mails_total{kind="reminder",outcome="taken"} 1`}, w.scraped(t, "relink_mails"))
	require.Equal(t, []string{`relink_incidents_total{cause="",step="closed"} 1`, `relink_incidents_total{cause="credentials",step="opened"} 1`}, w.scraped(t, "relink_incidents"))
	require.Equal(t, []string{`relink_deliveries_total{destination="platform",event="plaid",outcome="delivered"} 1`}, w.scraped(t, "relink_deliveries"))
}

func TestWhatRunsIsAMetric(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^relink_build_info\{go="go1\..*",revision="abc",version="v1.2.3"\} 1$`, traced(t).scraped(t, "relink_build_info")[0])
}

func TestGaugesAreMeasuredWhenScraped(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	var away error
	pending := 2
	w.Part("postgres", func(context.Context) error { return away })
	w.Inbox(func(context.Context) (map[string]int, time.Duration, error) {
		return map[string]int{"pending": pending, "dead": 0}, 90 * time.Second, away
	})
	for destination, n := range map[string]int{"platform": 1, "echo": 2} {
		w.Outbox(destination, func(context.Context) (map[string]int, time.Duration, error) {
			return map[string]int{"failed": n}, 7 * time.Second, nil
		})
	}
	require.Equal(t, []string{
		`relink_outbox_oldest_undelivered_seconds{destination="echo"} 7`, `relink_outbox_oldest_undelivered_seconds{destination="platform"} 7`,
		`relink_outbox_rows{destination="echo",state="failed"} 2`, `relink_outbox_rows{destination="platform",state="failed"} 1`,
	}, w.scraped(t, "relink_outbox"))
	require.Equal(t, []string{"relink_inbox_oldest_pending_seconds 90", `relink_inbox_rows{state="dead"} 0`, `relink_inbox_rows{state="pending"} 2`}, w.scraped(t, "relink_inbox"))
	require.Equal(t, []string{`relink_up{part="postgres"} 1`}, w.scraped(t, "relink_up"))

	pending = 5
	require.Contains(t, w.scraped(t, "relink_inbox"), `relink_inbox_rows{state="pending"} 5`)

	away = errors.New("connection refused")
	require.Empty(t, w.scraped(t, "relink_inbox"), "nothing is made up")
	require.Equal(t, []string{`relink_up{part="postgres"} 0`}, w.scraped(t, "relink_up"))
	require.NotEmpty(t, w.scraped(t, "go_goroutines"), "the rest is needed most just now")
}

func TestAPartThatDoesNotAnswerHoldsUpNoScrape(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := untraced(t)
		hangs := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		w.Part("temporal", hangs)
		w.Part("postgres", hangs)
		began := time.Now()
		require.Equal(t, []string{`relink_up{part="postgres"} 0`, `relink_up{part="temporal"} 0`}, w.scraped(t, "relink_up"))
		require.Equal(t, 2*time.Second, time.Since(began))
	})
}
