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
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errDown))
		f.start()
		id := f.arrive("itm_1")
		f.pass(outage)
		released := f.of("release")
		require.Len(t, released, len(growing)+1)
		for _, c := range released {
			require.False(t, c.counted)
			require.Zero(t, c.again, "another dispatcher may have it at once")
		}
		for _, b := range f.batches {
			require.Equal(t, 1, b.Attempts)
		}
		require.Zero(t, f.row(id).attempts)
	})
}

func TestBreaker_opensInAnOutageAndItsPausesGrow(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errDown))
		f.start()
		f.arrive("itm_1")
		f.pass(outage)
		require.Equal(t, growing, gaps(f.times("deliver")))
	})
}

func TestBreaker_triesOneItemWhileOpenThenAll(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errDown))
		for range 100 {
			f.add(item.ID("itm_"+strconv.Itoa(len(f.rows))), item.FromWebhook)
		}
		f.start()
		f.pass(outage)
		require.Equal(t, 64, f.asked()[0].limit)
		for _, c := range f.asked()[1:] {
			require.Equal(t, 1, c.limit, "one Item shows whether Temporal is back")
		}
		f.temporalDoes(nil)
		f.pass(15 * time.Second)
		require.Equal(t, map[string]int{"delivered": 100}, f.states(), "then the others do not wait")
	})
}

func TestBreaker_isNotShortenedByArrivals(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errDown))
		f.start()
		f.arrive("itm_1")
		for range outage / (50 * time.Millisecond) {
			f.pass(50 * time.Millisecond)
			f.Nudge()
		}
		require.Equal(t, growing, gaps(f.times("deliver")))
	})
}

func TestBreaker_closesWithTheFirstSuccess(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Sweep: time.Hour}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errDown))
		f.start()
		first := f.arrive("itm_1")
		f.pass(8 * time.Second) // the pause is 8 s by now
		f.temporalDoes(nil)
		f.pass(8 * time.Second)
		require.Equal(t, "delivered", f.row(first).state)

		second := f.arrive("itm_2")
		require.Equal(t, "delivered", f.row(second).state, "a nudge counts again")
		third := f.add("itm_3", item.FromWebhook)
		f.pass(time.Second)
		require.Equal(t, "delivered", f.row(third).state, "so does the poll")

		f.temporalDoes(always(errDown))
		before := len(f.of("deliver"))
		f.arrive("itm_4")
		f.pass(outage)
		require.Equal(t, growing, gaps(f.times("deliver")[before:]), "the next outage starts from the shortest pause")
	})
}

func TestBreaker_opensWhenPostgresIsAwayToo(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.fails(func(context.Context, string) error { return errors.New("postgres: connection refused") })
		f.start()
		id := f.arrive("itm_1")
		f.pass(outage)
		var at []time.Duration
		for _, c := range f.asked() {
			at = append(at, c.at)
		}
		require.Equal(t, growing, gaps(at))
		require.Equal(t, len(f.asked()), f.logs.FilterMessage("dispatch round failed").Len())

		f.fails(nil)
		f.pass(15 * time.Second)
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestBreaker_outageWithinARoundKeepsWhatWasDelivered(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(func(_ context.Context, b inbox.Batch) error {
			if b.ItemID == "itm_2" {
				return errDown
			}
			return nil
		})
		one, two := f.add("itm_1", item.FromWebhook), f.add("itm_2", item.FromWebhook)
		f.start()
		require.Equal(t, "delivered", f.row(one).state)
		require.Equal(t, "pending", f.row(two).state)
		f.temporalDoes(nil)
		f.pass(250 * time.Millisecond)
		require.Equal(t, "delivered", f.row(two).state)
		require.Len(t, f.of("taken"), 2)
	})
}
