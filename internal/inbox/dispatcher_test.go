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
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.start()
		id := f.arrive("itm_1")
		require.Equal(t, "delivered", f.row(id).state)
		require.Equal(t, []time.Duration{0}, f.times("deliver"), "it waited for the poll")
	})
}

func TestNudge_isNotLostDuringARound(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: time.Hour}, func(t *testing.T, f *fixture) {
		var second int64
		f.temporalDoes(func(context.Context, inbox.Batch) error {
			if second == 0 {
				second = f.add("itm_2", item.FromWebhook)
				f.Nudge()
			}
			return nil
		})
		f.start()
		f.arrive("itm_1")
		require.Empty(t, f.of("taken")[1:], "not at once: a flood would be a round for each")
		f.pass(50 * time.Millisecond)
		require.Equal(t, "delivered", f.row(second).state)
		require.Equal(t, []time.Duration{0, 50 * time.Millisecond}, f.times("deliver"))
	})
}

func TestNudge_neverBlocks(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		for range 100 { // no dispatcher runs: a Nudge that waited would hang the bubble
			f.Nudge()
		}
	})
}

func TestDispatcher_pollFindsARowWithoutANudge(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.start()
		id := f.add("itm_1", item.FromWebhook) // committed by another replica
		synctest.Wait()
		require.Equal(t, "pending", f.row(id).state)
		f.pass(time.Second)
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestDispatcher_deliversRowsThatWereThereBeforeIt(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		id := f.add("itm_1", item.FromWebhook)
		f.start()
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestDispatcher_handsABatchOverAsItWasClaimed(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.add("itm_1", item.FromWebhook)
		f.add("itm_1", item.FromPortal)
		f.start()
		require.Equal(t, []inbox.Batch{{ItemID: "itm_1", RowIDs: []int64{1, 2}, Attempts: 1, Hints: []item.Hint{
			{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{1}},
			{Source: item.FromPortal, Code: "ITEM/ERROR", InboxIDs: []int64{2}},
		}}}, f.batches)
		require.Equal(t, []int64{1, 2}, f.of("delivered")[0].rows)
	})
}

func TestDispatcher_marksRowsOnlyAfterTemporalHasThem(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		taken := make(chan struct{})
		f.temporalDoes(func(context.Context, inbox.Batch) error {
			<-taken
			return nil
		})
		f.start()
		id := f.arrive("itm_1")
		require.Equal(t, "pending", f.row(id).state, "marked while the delivery was under way")
		require.Empty(t, f.of("delivered", "ignored", "release", "bury"))

		close(taken)
		synctest.Wait()
		require.Equal(t, "delivered", f.row(id).state)
		var order []string
		for _, c := range f.of() {
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
			in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
				f.temporalDoes(always(err))
				f.start()
				id := f.arrive("itm_1")
				require.Equal(t, "pending", f.row(id).state)
				require.Empty(t, f.of("delivered", "ignored", "bury"))

				f.temporalDoes(nil)
				f.pass(2 * time.Second)
				require.Equal(t, "delivered", f.row(id).state, "it must come again")
			})
		})
	}
}

func TestDispatcher_deliversARowAgainThatCouldNotBeMarked(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		failed := false
		f.fails(func(_ context.Context, op string) error {
			if op == "delivered" && !failed {
				failed = true
				return errors.New("postgres: connection reset")
			}
			return nil
		})
		f.start()
		id := f.arrive("itm_1")
		require.Equal(t, "pending", f.row(id).state)
		require.Len(t, f.lines(inbox.OutcomeUnsettled), 1)

		f.pass(31 * time.Second) // the lease runs out
		require.Equal(t, "delivered", f.row(id).state)
		require.Len(t, f.of("taken"), 2, "at least once")
		require.Equal(t, f.batches[0].RowIDs, f.batches[1].RowIDs)
	})
}

func TestDispatcher_ignoresHintsOfARemovedItem(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errGone))
		f.start()
		id := f.arrive("itm_1")
		require.Equal(t, "ignored", f.row(id).state)
		require.NotEmpty(t, f.row(id).lastError)
		f.pass(time.Minute)
		require.Len(t, f.of("deliver"), 1, "it is over")
	})
}

func TestDispatcher_backsOffAFaultOfTheItemUntilItIsADeadLetter(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: 10 * time.Second}, func(t *testing.T, f *fixture) {
		f.temporalDoes(always(errOdd))
		f.start()
		id := f.arrive("itm_1")
		f.pass(3 * time.Hour)

		var waits []time.Duration
		for _, c := range f.of("release") {
			require.True(t, c.counted)
			require.Equal(t, errOdd.Error(), c.why)
			waits = append(waits, c.again)
		}
		want := []time.Duration{30 * time.Minute}
		for wait := 1024 * time.Second; wait >= 2*time.Second; wait /= 2 {
			want = append([]time.Duration{wait}, want...)
		}
		require.Equal(t, want, waits)
		require.Len(t, f.of("deliver"), 12)
		for i, gap := range gaps(f.times("deliver")) {
			require.GreaterOrEqual(t, gap, waits[i], "attempt %d came too early", i+2)
			require.LessOrEqual(t, gap, waits[i]+10*time.Second, "attempt %d came too late", i+2)
		}

		require.Len(t, f.of("bury"), 1)
		require.Equal(t, "dead", f.row(id).state)
		require.Equal(t, errOdd.Error(), f.row(id).lastError)
		lines := f.lines(inbox.OutcomeDead)
		require.Len(t, lines, 1)
		require.Equal(t, zap.ErrorLevel, lines[0].Level)
		require.Equal(t, "itm_1", lines[0].ContextMap()["item_id"])
	})
}

func TestDispatcher_poisonItemStopsNoOther(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(func(_ context.Context, b inbox.Batch) error {
			if b.ItemID == "poison" {
				return errOdd
			}
			return nil
		})
		poison, one, two := f.add("poison", item.FromWebhook), f.add("itm_1", item.FromWebhook), f.add("itm_2", item.FromWebhook)
		f.start()
		require.Equal(t, "pending", f.row(poison).state)
		require.Equal(t, "delivered", f.row(one).state)
		require.Equal(t, "delivered", f.row(two).state)

		for i := range 100 { // while the poisonous row is claimed again and again
			f.pass(5 * time.Second)
			id := f.arrive(item.ID(fmt.Sprint("later_", i)))
			require.Equal(t, "delivered", f.row(id).state, "it did not go at once")
		}
		require.Greater(t, f.row(poison).attempts, 5)
		require.Zero(t, f.logs.FilterMessage("dispatch round failed").Len(), "the breaker is not for one Item")
	})
}

func TestDispatcher_rowThatPostgresRefusesToMarkStopsNoOtherItem(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		poison, one := f.add("poison", item.FromWebhook), f.add("itm_1", item.FromWebhook)
		f.refuses(poison)
		f.start()
		require.Equal(t, "pending", f.row(poison).state)
		require.Equal(t, "delivered", f.row(one).state)
		for i := range 100 { // while the poisonous row is claimed again at the end of each lease
			f.pass(2 * time.Second)
			id := f.arrive(item.ID(fmt.Sprint("later_", i)))
			require.Equal(t, "delivered", f.row(id).state, "it did not go at once")
		}
		require.Greater(t, f.row(poison).attempts, 3)
	})
}

func TestDispatcher_markThatHangsHoldsItsRoundForFiveSeconds(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Lease: time.Hour}, func(t *testing.T, f *fixture) {
		f.fails(func(ctx context.Context, op string) error {
			if op == "delivered" {
				<-ctx.Done() // an open transaction has locked the row
				return ctx.Err()
			}
			return nil
		})
		f.start()
		f.arrive("itm_1")
		f.pass(4 * time.Second)
		f.fails(nil)
		id := f.arrive("itm_2")
		f.pass(2 * time.Second)
		require.Equal(t, "delivered", f.row(id).state)
	})
}

func TestDispatcher_floodOfArrivalsIsFewRounds(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: time.Hour}, func(t *testing.T, f *fixture) {
		f.start()
		f.arrive("itm_1")
		before := len(f.asked())
		for range 1000 { // a webhook each millisecond, all of an Item that is paced
			f.arrive("itm_1")
			f.pass(time.Millisecond)
		}
		require.LessOrEqual(t, len(f.asked())-before, 21)
		f.pass(time.Second) // quiet
		id := f.arrive("itm_2")
		require.Equal(t, "delivered", f.row(id).state, "the first after a quiet while goes at once")
	})
}

func TestDispatcher_webhooksWaitWhileOthersOfTheirItemAreUnderWay(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(func(context.Context, inbox.Batch) error {
			<-time.After(2 * time.Second)
			return nil
		})
		f.start()
		f.arrive("itm_1")
		f.pass(100 * time.Millisecond)
		f.add("itm_1", item.FromWebhook)
		again, err := f.Claim(t.Context(), 64, time.Minute, 4*time.Second) // by another replica
		require.NoError(t, err)
		require.Empty(t, again)
		act := f.add("itm_1", item.FromPortal)
		again, err = f.Claim(t.Context(), 64, time.Minute, 4*time.Second)
		require.NoError(t, err)
		require.Len(t, again, 1)
		require.Contains(t, again[0].RowIDs, act, "the merchant does not wait")
		f.pass(10 * time.Second)
	})
}

func TestDispatcher_claimsAgainAtOnceAfterAFullClaim(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Poll: time.Hour}, func(t *testing.T, f *fixture) {
		var underWay, most atomic.Int32
		f.temporalDoes(func(context.Context, inbox.Batch) error {
			for n := underWay.Add(1); n > most.Load(); {
				most.Store(n)
			}
			defer underWay.Add(-1)
			<-time.After(10 * time.Millisecond) // a round trip
			return nil
		})
		for i := range 150 {
			f.add(item.ID(fmt.Sprint("itm_", i)), item.FromWebhook)
		}
		f.start()
		f.pass(time.Second)
		require.Equal(t, map[string]int{"delivered": 150}, f.states())
		require.EqualValues(t, 16, most.Load(), "signals under way at once")
		require.Len(t, f.asked(), 3)
	})
}

func TestOptions_zeroIsProductions(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.start()
		require.Equal(t, []claimed{{limit: 64, lease: 30 * time.Second, pace: 4 * time.Second}}, f.asked())
		require.Equal(t, []swept{{patience: 7 * 24 * time.Hour, retention: 30 * 24 * time.Hour}}, f.sweeps)
	})
}

func TestOptions_reachTheQueue(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{Lease: time.Minute, Pace: time.Second, Patience: time.Hour, Retention: 2 * time.Hour}, func(t *testing.T, f *fixture) {
		f.start()
		require.Equal(t, []claimed{{limit: 64, lease: time.Minute, pace: time.Second}}, f.asked())
		require.Equal(t, []swept{{patience: time.Hour, retention: 2 * time.Hour}}, f.sweeps)
	})
}

func TestDispatcher_pacesWebhooksOfAnItemAndNotItsMerchant(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.start()
		f.arrive("itm_1")
		second := f.arrive("itm_1")
		require.Equal(t, "pending", f.row(second).state)
		f.pass(3 * time.Second)
		require.Equal(t, "pending", f.row(second).state)
		f.pass(2 * time.Second) // the pace, and the poll that notices
		require.Equal(t, "delivered", f.row(second).state)

		act := f.add("itm_1", item.FromPortal)
		f.Nudge()
		synctest.Wait()
		require.Equal(t, "delivered", f.row(act).state)
	})
}
