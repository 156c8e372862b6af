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
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		stop := f.start()
		stop() // requires that Run returns nil
		id := f.arrive("itm_1")
		f.pass(time.Minute)
		require.Equal(t, "pending", f.row(id).state)
		require.Zero(t, f.logs.Len(), "an ordinary end is nothing to warn of")
	})
}

func TestRun_releasesABatchUnderWayAtTheEndUncounted(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		})
		stop := f.start()
		id := f.arrive("itm_1")
		stop()
		row := f.row(id)
		require.Equal(t, "pending", row.state)
		require.Zero(t, row.attempts)
		require.False(t, row.leaseUntil.After(time.Now()), "the next dispatcher would wait for the lease")

		f.temporalDoes(nil)
		f.start()
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestRun_leavesABatchThatWasTakenAtTheEndToItsLease(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			<-ctx.Done()
			return nil
		})
		f.fails(func(_ context.Context, op string) error {
			if op == "delivered" {
				return errors.New("postgres: closed pool")
			}
			return nil
		})
		stop := f.start()
		id := f.arrive("itm_1")
		stop()
		require.Equal(t, "pending", f.row(id).state)

		f.temporalDoes(nil)
		f.fails(nil)
		f.start()
		f.pass(29 * time.Second)
		require.Equal(t, "pending", f.row(id).state, "the lease still holds")
		f.pass(2 * time.Second)
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestRun_endsEvenWhenPostgresDoesNotAnswer(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.fails(func(ctx context.Context, op string) error {
			if op != "release" {
				return nil
			}
			select { // until a dead connection is noticed, or until the context ends
			case <-ctx.Done():
			case <-time.After(15 * time.Minute):
			}
			return errors.New("postgres: connection timed out")
		})
		f.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		})
		stop := f.start()
		f.arrive("itm_1")
		began := time.Now()
		stop()
		require.LessOrEqual(t, time.Since(began), 10*time.Second)
	})
}

func TestSweep_runsAtTheStartAndEachMinute(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.start()
		f.pass(3*time.Minute + time.Second)
		var at []time.Duration
		for _, s := range f.sweeps {
			at = append(at, s.at)
		}
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute}, at)
	})
}

func TestSweep_deliversWhatBeatItsItemOnceTheItemIsThere(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.unknown["itm_1"] = true
		id := f.add("itm_1", item.FromWebhook)
		f.start()
		require.Equal(t, "waiting", f.row(id).state)
		require.Empty(t, f.of("deliver"))

		f.mu.Lock()
		delete(f.unknown, "itm_1")
		f.mu.Unlock()
		f.pass(time.Minute + time.Second)
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestSweep_logsDeadLetters(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Patience: 90 * time.Second}, func(t *testing.T, f *fixture) {
		f.unknown["itm_1"], f.unknown["itm_2"] = true, true
		f.add("itm_1", item.FromWebhook)
		f.add("itm_2", item.FromWebhook)
		f.start()
		f.pass(time.Minute)
		require.Zero(t, f.logs.Len())
		f.pass(2 * time.Minute)
		lines := f.logs.FilterMessage("deliveries became dead letters: their items were never enrolled").All()
		require.Len(t, lines, 1, "each is reported once")
		require.Equal(t, zap.ErrorLevel, lines[0].Level)
		require.EqualValues(t, 2, lines[0].ContextMap()["count"])
	})
}

func TestSweep_isTriedAgainAfterAFailureAndStopsNothing(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.fails(func(_ context.Context, op string) error {
			if op == "sweep" {
				return errors.New("postgres: deadlock detected")
			}
			return nil
		})
		f.start()
		id := f.arrive("itm_1")
		require.Equal(t, "delivered", f.row(id).state)
		f.pass(time.Minute)
		require.Len(t, f.sweeps, 2)
		require.Equal(t, 2, f.logs.FilterMessage("inbox sweep failed").Len())
	})
}
