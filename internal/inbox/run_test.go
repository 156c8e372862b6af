package inbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"relink/internal/inbox"
	"relink/internal/item"
)

func TestRun_endsWithItsContext(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		stop := w.start()
		stop() // requires that Run returns nil
		id := w.arrive("itm_1")
		w.pass(time.Minute)
		require.Equal(t, "pending", w.row(id).state)
		require.Zero(t, w.logs.Len(), "an ordinary end is nothing to warn of")
	})
}

func TestRun_releasesABatchUnderWayAtTheEndUncounted(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		})
		stop := w.start()
		id := w.arrive("itm_1")
		stop()
		row := w.row(id)
		require.Equal(t, "pending", row.state)
		require.Zero(t, row.attempts)
		require.False(t, row.leaseUntil.After(time.Now()), "the next dispatcher would wait for the lease")

		w.temporalDoes(nil)
		w.start()
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestRun_leavesABatchThatWasTakenAtTheEndToItsLease(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			<-ctx.Done()
			return nil
		})
		w.fails(func(_ context.Context, op string) error {
			if op == "delivered" {
				return errors.New("postgres: closed pool")
			}
			return nil
		})
		stop := w.start()
		id := w.arrive("itm_1")
		stop()
		require.Equal(t, "pending", w.row(id).state)

		w.temporalDoes(nil)
		w.fails(nil)
		w.start()
		w.pass(29 * time.Second)
		require.Equal(t, "pending", w.row(id).state, "the lease still holds")
		w.pass(2 * time.Second)
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestRun_endsEvenWhenPostgresDoesNotAnswer(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.fails(func(ctx context.Context, op string) error {
			if op != "release" {
				return nil
			}
			select { // as long as a dead connection takes to be noticed, unless we have had enough before
			case <-ctx.Done():
			case <-time.After(15 * time.Minute):
			}
			return errors.New("postgres: connection timed out")
		})
		w.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		})
		stop := w.start()
		w.arrive("itm_1")
		began := time.Now()
		stop()
		require.LessOrEqual(t, time.Since(began), 10*time.Second)
	})
}

func TestSweep_runsAtTheStartAndEachMinute(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.start()
		w.pass(3*time.Minute + time.Second)
		var at []time.Duration
		for _, s := range w.sweeps {
			at = append(at, s.at)
		}
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute}, at)
	})
}

func TestSweep_deliversWhatBeatItsItemOnceTheItemIsThere(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.unknown["itm_1"] = true
		id := w.add("itm_1", item.FromWebhook)
		w.start()
		require.Equal(t, "waiting", w.row(id).state)
		require.Empty(t, w.of("deliver"))

		w.mu.Lock()
		delete(w.unknown, "itm_1")
		w.mu.Unlock()
		w.pass(time.Minute + time.Second)
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestSweep_logsDeadLetters(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Patience: 90 * time.Second}, func(t *testing.T, w *world) {
		w.unknown["itm_1"], w.unknown["itm_2"] = true, true
		w.add("itm_1", item.FromWebhook)
		w.add("itm_2", item.FromWebhook)
		w.start()
		w.pass(time.Minute)
		require.Zero(t, w.logs.Len())
		w.pass(2 * time.Minute)
		lines := w.logs.FilterMessage("deliveries became dead letters: their items were never enrolled").All()
		require.Len(t, lines, 1, "each is reported once")
		require.Equal(t, zap.ErrorLevel, lines[0].Level)
		require.EqualValues(t, 2, lines[0].ContextMap()["count"])
	})
}

func TestSweep_isTriedAgainAfterAFailureAndStopsNothing(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.fails(func(_ context.Context, op string) error {
			if op == "sweep" {
				return errors.New("postgres: deadlock detected")
			}
			return nil
		})
		w.start()
		id := w.arrive("itm_1")
		require.Equal(t, "delivered", w.row(id).state)
		w.pass(time.Minute)
		require.Len(t, w.sweeps, 2)
		require.Equal(t, 2, w.logs.FilterMessage("inbox sweep failed").Len())
	})
}
