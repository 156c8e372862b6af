package inbox_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

// growing are the pauses of a breaker that opens: 250 ms, doubling to 15 s.
var growing = []time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
	15 * time.Second, 15 * time.Second,
}

const outage = 46 * time.Second // a little more than all of growing

func TestBreaker_outageSpendsNoAttempt(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errDown))
		w.start()
		id := w.arrive("itm_1")
		w.pass(outage)
		released := w.of("release")
		require.Len(t, released, len(growing)+1)
		for _, c := range released {
			require.False(t, c.counted)
			require.Zero(t, c.again, "another dispatcher may have it at once")
		}
		for _, b := range w.batches {
			require.Equal(t, 1, b.Attempts)
		}
		require.Zero(t, w.row(id).attempts)
	})
}

func TestBreaker_opensInAnOutageAndItsPausesGrow(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errDown))
		w.start()
		w.arrive("itm_1")
		w.pass(outage)
		require.Equal(t, growing, gaps(w.times("deliver")))
	})
}

func TestBreaker_triesOneItemWhileOpenThenAll(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errDown))
		for range 100 {
			w.add(item.ID("itm_"+strconv.Itoa(len(w.rows))), item.FromWebhook)
		}
		w.start()
		w.pass(outage)
		require.Equal(t, 64, w.asked()[0].limit)
		for _, c := range w.asked()[1:] {
			require.Equal(t, 1, c.limit, "one Item shows whether Temporal is back")
		}
		w.temporalDoes(nil)
		w.pass(15 * time.Second)
		require.Equal(t, map[string]int{"delivered": 100}, w.states(), "then the others do not wait")
	})
}

func TestBreaker_isNotShortenedByArrivals(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errDown))
		w.start()
		w.arrive("itm_1")
		for range outage / (50 * time.Millisecond) {
			w.pass(50 * time.Millisecond)
			w.Nudge()
		}
		require.Equal(t, growing, gaps(w.times("deliver")))
	})
}

func TestBreaker_closesWithTheFirstSuccess(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Sweep: time.Hour}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errDown))
		w.start()
		first := w.arrive("itm_1")
		w.pass(8 * time.Second) // the pause is 8 s by now
		w.temporalDoes(nil)
		w.pass(8 * time.Second)
		require.Equal(t, "delivered", w.row(first).state)

		second := w.arrive("itm_2")
		require.Equal(t, "delivered", w.row(second).state, "a nudge counts again")
		third := w.add("itm_3", item.FromWebhook)
		w.pass(time.Second)
		require.Equal(t, "delivered", w.row(third).state, "so does the poll")

		w.temporalDoes(always(errDown))
		before := len(w.of("deliver"))
		w.arrive("itm_4")
		w.pass(outage)
		require.Equal(t, growing, gaps(w.times("deliver")[before:]), "the next outage starts from the shortest pause")
	})
}

func TestBreaker_opensWhenPostgresIsAwayToo(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.fails(func(context.Context, string) error { return errors.New("postgres: connection refused") })
		w.start()
		id := w.arrive("itm_1")
		w.pass(outage)
		var at []time.Duration
		for _, c := range w.asked() {
			at = append(at, c.at)
		}
		require.Equal(t, growing, gaps(at))
		require.Equal(t, len(w.asked()), w.logs.FilterMessage("dispatch round failed").Len())

		w.fails(nil)
		w.pass(15 * time.Second)
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestBreaker_outageWithinARoundKeepsWhatWasDelivered(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(func(_ context.Context, b inbox.Batch) error {
			if b.ItemID == "itm_2" {
				return errDown
			}
			return nil
		})
		one, two := w.add("itm_1", item.FromWebhook), w.add("itm_2", item.FromWebhook)
		w.start()
		require.Equal(t, "delivered", w.row(one).state)
		require.Equal(t, "pending", w.row(two).state)
		w.temporalDoes(nil)
		w.pass(250 * time.Millisecond)
		require.Equal(t, "delivered", w.row(two).state)
		require.Len(t, w.of("taken"), 2)
	})
}
