package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"relink/internal/neighbour"
	"relink/internal/outbox"
)

var (
	errAway = fmt.Errorf("start deliver-x: %w", errors.Join(outbox.ErrUnavailable, errors.New("connection refused")))
	errOdd  = errors.New("start deliver-x: the id is too long")
)

func TestRun_aMessageIsMarkedOnlyAfterTemporalHasItsWorkflow(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		key := w.add(1)[0]
		w.run()
		require.Equal(t, []string{"start", "taken", "mark"}, w.of(key))
		w.pass(time.Minute)
		require.Len(t, w.of(key), 3, "and then it is over")
		require.Zero(t, w.logs.Len())
	})
}

func TestRun_newMessagesAreFoundWithinASecond(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		w.run()
		for range 3 {
			w.add(2)
			w.pass(time.Second)
		}
		require.Equal(t, 6, w.started())
		w.pass(10 * time.Second)
		require.InDelta(t, 14, len(w.claims), 1, "an idle outbox is looked at once a second")
	})
}

func TestRun_aBacklogIsStartedWithoutPauses(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		w.add(1000)
		w.run()
		require.Equal(t, 1000, w.started(), "no time has passed")
	})
}

func TestRun_temporalBeingAwayOpensTheBreakerAndLosesNothing(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		w.add(3)
		w.temporalDoes(func(context.Context, neighbour.Envelope) error { return errAway })
		w.run()
		w.pass(10 * time.Minute)
		require.Less(t, len(w.claims), 50, "the breaker opens")
		require.Zero(t, w.started())

		w.temporalDoes(nil)
		w.pass(16 * time.Second)
		require.Equal(t, 3, w.started(), "the rows went back at once: nobody waits for a lease")
		require.Zero(t, w.logs.FilterLevelExact(zapcore.ErrorLevel).Len(), "no message is to blame")
	})
}

func TestRun_aMessageThatIsRefusedHoldsNoOther(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		bad := w.add(1)[0]
		w.temporalDoes(func(_ context.Context, m neighbour.Envelope) error {
			if m.Key == bad {
				return errOdd
			}
			return nil
		})
		w.add(5)
		w.run()
		require.Equal(t, 5, w.started())
		require.Equal(t, []string{"start", "release"}, w.of(bad))
		w.add(1)
		w.pass(time.Second)
		require.Equal(t, 6, w.started(), "no breaker either")
		w.pass(59 * time.Second)
		require.Equal(t, []string{"start", "release", "start", "release"}, w.of(bad), "a minute later")
		require.Equal(t, 2, w.logs.FilterLevelExact(zapcore.ErrorLevel).FilterMessage("delivery could not be started").Len())
	})
}

func TestRun_aMessageWhoseMarkFailsIsStartedAgainWhenItsLeaseEnds(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		key := w.add(1)[0]
		w.postgresDoes(func(op string) error {
			if op == "mark" {
				return errors.New("connection reset")
			}
			return nil
		})
		w.run()
		w.postgresDoes(nil)
		w.pass(29 * time.Second)
		require.Equal(t, []string{"start", "taken"}, w.of(key))
		w.pass(2 * time.Second)
		require.Equal(t, []string{"start", "taken", "start", "taken", "mark"}, w.of(key), "harmless: its workflow exists")
	})
}

func TestRun_manyRelaysStartEachMessageOnce(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		keys := w.add(500)
		for range 4 {
			w.run()
		}
		w.pass(time.Second)
		for _, key := range keys {
			require.Equal(t, []string{"start", "taken", "mark"}, w.of(key))
		}
	})
}

func TestRun_atItsEndGivesBackWhatItHasNotStarted(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		quick, slow := w.add(2)[0], "platform/itm/2/opened"
		w.temporalDoes(func(ctx context.Context, m neighbour.Envelope) error {
			if m.Key == slow {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		stop := w.run()
		stop()
		require.Equal(t, []string{"start", "taken", "mark"}, w.of(quick))
		require.Equal(t, []string{"start", "release"}, w.of(slow))
		require.Zero(t, w.logs.Len(), "an ordinary end is nothing to warn of")

		w.temporalDoes(nil)
		w.run()
		require.Equal(t, 2, w.started())
	})
}

func TestRun_postgresBeingAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		w.add(1)
		w.postgresDoes(func(string) error { return errors.New("connection refused") })
		w.run()
		w.pass(10 * time.Minute)
		require.Less(t, len(w.claims), 50)
		w.postgresDoes(nil)
		w.pass(16 * time.Second)
		require.Equal(t, 1, w.started())
	})
}

func TestRun_messagesToOtherDestinationsAreLeftAlone(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		key := w.add(2)[0]
		w.rows[0].Destination = "echo"
		w.run()
		w.pass(time.Minute)
		require.Equal(t, 1, w.started())
		require.Empty(t, w.of(key), "nobody here could send it")
	})
}
