package telemetry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScrape_measuresTheGauges(t *testing.T) {
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
	require.Equal(t, []string{
		"relink_inbox_oldest_pending_seconds 90", `relink_inbox_rows{state="dead"} 0`,
		`relink_inbox_rows{state="pending"} 2`,
	}, w.scraped(t, "relink_inbox"))
	require.Equal(t, []string{`relink_up{part="postgres"} 1`}, w.scraped(t, "relink_up"))

	pending = 5
	require.Contains(t, w.scraped(t, "relink_inbox"), `relink_inbox_rows{state="pending"} 5`)

	away = errors.New("connection refused")
	require.Empty(t, w.scraped(t, "relink_inbox"), "nothing is made up")
	require.Equal(t, []string{`relink_up{part="postgres"} 0`}, w.scraped(t, "relink_up"))
	require.NotEmpty(t, w.scraped(t, "go_goroutines"), "the rest is needed most just now")
}

func TestScrape_doesNotWaitForAPartThatHangs(t *testing.T) {
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
