package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"relink/internal/inbox"
	"relink/internal/item"
)

func TestNudge_deliversAtOnce(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.start()
		id := w.arrive("itm_1")
		require.Equal(t, "delivered", w.row(id).state)
		require.Equal(t, []time.Duration{0}, w.times("deliver"), "it waited for the poll")
	})
}

func TestNudge_isNotLostDuringARound(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: time.Hour}, func(t *testing.T, w *world) {
		var second int64
		w.temporalDoes(func(context.Context, inbox.Batch) error {
			if second == 0 {
				second = w.add("itm_2", item.FromWebhook)
				w.Nudge()
			}
			return nil
		})
		w.start()
		w.arrive("itm_1")
		require.Empty(t, w.of("taken")[1:], "not at once: a flood would be a round for each")
		w.pass(50 * time.Millisecond)
		require.Equal(t, "delivered", w.row(second).state)
		require.Equal(t, []time.Duration{0, 50 * time.Millisecond}, w.times("deliver"))
	})
}

func TestNudge_neverBlocks(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		for range 100 { // nobody runs: a Nudge that waited would hang the bubble
			w.Nudge()
		}
	})
}

func TestDispatcher_pollFindsARowWithoutANudge(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.start()
		id := w.add("itm_1", item.FromWebhook) // committed by another replica
		synctest.Wait()
		require.Equal(t, "pending", w.row(id).state)
		w.pass(time.Second)
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestDispatcher_deliversRowsThatWereThereBeforeIt(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		id := w.add("itm_1", item.FromWebhook)
		w.start()
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestDispatcher_handsABatchOverAsItWasClaimed(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.add("itm_1", item.FromWebhook)
		w.add("itm_1", item.FromPortal)
		w.start()
		require.Equal(t, []inbox.Batch{{ItemID: "itm_1", RowIDs: []int64{1, 2}, Attempts: 1, Hints: []item.Hint{
			{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{1}},
			{Source: item.FromPortal, Code: "ITEM/ERROR", InboxIDs: []int64{2}},
		}}}, w.batches)
		require.Equal(t, []int64{1, 2}, w.of("delivered")[0].rows)
	})
}

func TestDispatcher_marksRowsOnlyAfterTemporalHasThem(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		taken := make(chan struct{})
		w.temporalDoes(func(context.Context, inbox.Batch) error {
			<-taken
			return nil
		})
		w.start()
		id := w.arrive("itm_1")
		require.Equal(t, "pending", w.row(id).state, "marked while the delivery was under way")
		require.Empty(t, w.of("delivered", "ignored", "release", "bury"))

		close(taken)
		synctest.Wait()
		require.Equal(t, "delivered", w.row(id).state)
		var order []string
		for _, c := range w.of() {
			order = append(order, c.op)
		}
		require.Equal(t, []string{"deliver", "taken", "delivered"}, order)
	})
}

func TestDispatcher_failedDeliveryMarksNothing(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"unavailable": errDown, "odd": errOdd, "deadline": context.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, inbox.Options{}, func(t *testing.T, w *world) {
				w.temporalDoes(always(err))
				w.start()
				id := w.arrive("itm_1")
				require.Equal(t, "pending", w.row(id).state)
				require.Empty(t, w.of("delivered", "ignored", "bury"))

				w.temporalDoes(nil)
				w.pass(2 * time.Second)
				require.Equal(t, "delivered", w.row(id).state, "it must come again")
			})
		})
	}
}

func TestDispatcher_deliversARowAgainThatCouldNotBeMarked(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		failed := false
		w.fails(func(_ context.Context, op string) error {
			if op == "delivered" && !failed {
				failed = true
				return errors.New("postgres: connection reset")
			}
			return nil
		})
		w.start()
		id := w.arrive("itm_1")
		require.Equal(t, "pending", w.row(id).state)
		require.Len(t, w.lines(inbox.OutcomeUnsettled), 1)

		w.pass(31 * time.Second) // the lease runs out
		require.Equal(t, "delivered", w.row(id).state)
		require.Len(t, w.of("taken"), 2, "at least once")
		require.Equal(t, w.batches[0].RowIDs, w.batches[1].RowIDs)
	})
}

func TestDispatcher_ignoresHintsOfARemovedItem(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errGone))
		w.start()
		id := w.arrive("itm_1")
		require.Equal(t, "ignored", w.row(id).state)
		require.NotEmpty(t, w.row(id).lastError)
		w.pass(time.Minute)
		require.Len(t, w.of("deliver"), 1, "it is over")
	})
}

func TestDispatcher_backsOffAFaultOfTheItemUntilItIsADeadLetter(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: 10 * time.Second}, func(t *testing.T, w *world) {
		w.temporalDoes(always(errOdd))
		w.start()
		id := w.arrive("itm_1")
		w.pass(3 * time.Hour)

		var waits []time.Duration
		for _, c := range w.of("release") {
			require.True(t, c.counted)
			require.Equal(t, errOdd.Error(), c.why)
			waits = append(waits, c.again)
		}
		want := []time.Duration{30 * time.Minute}
		for wait := 1024 * time.Second; wait >= 2*time.Second; wait /= 2 {
			want = append([]time.Duration{wait}, want...)
		}
		require.Equal(t, want, waits)
		require.Len(t, w.of("deliver"), 12)
		for i, gap := range gaps(w.times("deliver")) {
			require.GreaterOrEqual(t, gap, waits[i], "attempt %d came too early", i+2)
			require.LessOrEqual(t, gap, waits[i]+10*time.Second, "attempt %d came too late", i+2)
		}

		require.Len(t, w.of("bury"), 1)
		require.Equal(t, "dead", w.row(id).state)
		require.Equal(t, errOdd.Error(), w.row(id).lastError)
		lines := w.lines(inbox.OutcomeDead)
		require.Len(t, lines, 1)
		require.Equal(t, zap.ErrorLevel, lines[0].Level)
		require.Equal(t, "itm_1", lines[0].ContextMap()["item_id"])
	})
}

func TestDispatcher_poisonItemStopsNoOther(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(func(_ context.Context, b inbox.Batch) error {
			if b.ItemID == "poison" {
				return errOdd
			}
			return nil
		})
		poison, one, two := w.add("poison", item.FromWebhook), w.add("itm_1", item.FromWebhook), w.add("itm_2", item.FromWebhook)
		w.start()
		require.Equal(t, "pending", w.row(poison).state)
		require.Equal(t, "delivered", w.row(one).state)
		require.Equal(t, "delivered", w.row(two).state)

		for i := range 100 { // while the poison comes again and again
			w.pass(5 * time.Second)
			id := w.arrive(item.ID(fmt.Sprint("later_", i)))
			require.Equal(t, "delivered", w.row(id).state, "it did not go at once")
		}
		require.Greater(t, w.row(poison).attempts, 5)
		require.Zero(t, w.logs.FilterMessage("dispatch round failed").Len(), "the breaker is not for one Item")
	})
}

func TestDispatcher_rowThatPostgresRefusesToMarkStopsNoOtherItem(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		poison, one := w.add("poison", item.FromWebhook), w.add("itm_1", item.FromWebhook)
		w.refuses(poison)
		w.start()
		require.Equal(t, "pending", w.row(poison).state)
		require.Equal(t, "delivered", w.row(one).state)
		for i := range 100 { // while the poison comes again at the end of each lease
			w.pass(2 * time.Second)
			id := w.arrive(item.ID(fmt.Sprint("later_", i)))
			require.Equal(t, "delivered", w.row(id).state, "it did not go at once")
		}
		require.Greater(t, w.row(poison).attempts, 3)
	})
}

func TestDispatcher_markThatHangsHoldsItsRoundForFiveSeconds(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Lease: time.Hour}, func(t *testing.T, w *world) {
		w.fails(func(ctx context.Context, op string) error {
			if op == "delivered" {
				<-ctx.Done() // somebody's open transaction has the row
				return ctx.Err()
			}
			return nil
		})
		w.start()
		w.arrive("itm_1")
		w.pass(4 * time.Second)
		w.fails(nil)
		id := w.arrive("itm_2")
		w.pass(2 * time.Second)
		require.Equal(t, "delivered", w.row(id).state)
	})
}

func TestDispatcher_floodOfArrivalsIsFewRounds(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: time.Hour}, func(t *testing.T, w *world) {
		w.start()
		w.arrive("itm_1")
		before := len(w.asked())
		for range 1000 { // a webhook each millisecond, all of an Item that is paced
			w.arrive("itm_1")
			w.pass(time.Millisecond)
		}
		require.LessOrEqual(t, len(w.asked())-before, 21)
		w.pass(time.Second) // quiet
		id := w.arrive("itm_2")
		require.Equal(t, "delivered", w.row(id).state, "the first after a quiet while goes at once")
	})
}

func TestDispatcher_webhooksWaitWhileOthersOfTheirItemAreUnderWay(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(func(context.Context, inbox.Batch) error {
			<-time.After(2 * time.Second)
			return nil
		})
		w.start()
		w.arrive("itm_1")
		w.pass(100 * time.Millisecond)
		w.add("itm_1", item.FromWebhook)
		again, err := w.Claim(t.Context(), 64, time.Minute, 4*time.Second) // another replica's
		require.NoError(t, err)
		require.Empty(t, again)
		act := w.add("itm_1", item.FromPortal)
		again, err = w.Claim(t.Context(), 64, time.Minute, 4*time.Second)
		require.NoError(t, err)
		require.Len(t, again, 1)
		require.Contains(t, again[0].RowIDs, act, "the merchant does not wait")
		w.pass(10 * time.Second)
	})
}

func TestDispatcher_claimsAgainAtOnceAfterAFullClaim(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: time.Hour}, func(t *testing.T, w *world) {
		var underWay, most atomic.Int32
		w.temporalDoes(func(context.Context, inbox.Batch) error {
			for n := underWay.Add(1); n > most.Load(); {
				most.Store(n)
			}
			defer underWay.Add(-1)
			<-time.After(10 * time.Millisecond) // a round trip
			return nil
		})
		for i := range 150 {
			w.add(item.ID(fmt.Sprint("itm_", i)), item.FromWebhook)
		}
		w.start()
		w.pass(time.Second)
		require.Equal(t, map[string]int{"delivered": 150}, w.states())
		require.EqualValues(t, 16, most.Load(), "signals under way at once")
		require.Len(t, w.asked(), 3)
	})
}

func TestOptions_zeroIsProductions(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.start()
		require.Equal(t, []claimed{{limit: 64, lease: 30 * time.Second, pace: 4 * time.Second}}, w.asked())
		require.Equal(t, []swept{{patience: 7 * 24 * time.Hour, retention: 30 * 24 * time.Hour}}, w.sweeps)
	})
}

func TestOptions_reachTheQueue(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Lease: time.Minute, Pace: time.Second, Patience: time.Hour, Retention: 2 * time.Hour}, func(t *testing.T, w *world) {
		w.start()
		require.Equal(t, []claimed{{limit: 64, lease: time.Minute, pace: time.Second}}, w.asked())
		require.Equal(t, []swept{{patience: time.Hour, retention: 2 * time.Hour}}, w.sweeps)
	})
}

func TestDispatcher_pacesWebhooksOfAnItemAndNotItsMerchant(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.start()
		w.arrive("itm_1")
		second := w.arrive("itm_1")
		require.Equal(t, "pending", w.row(second).state)
		w.pass(3 * time.Second)
		require.Equal(t, "pending", w.row(second).state)
		w.pass(2 * time.Second) // the pace, and the poll that notices
		require.Equal(t, "delivered", w.row(second).state)

		act := w.add("itm_1", item.FromPortal)
		w.Nudge()
		synctest.Wait()
		require.Equal(t, "delivered", w.row(act).state)
	})
}
