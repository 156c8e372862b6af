package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

const (
	lease = time.Minute
	pace  = 4 * time.Second
)

func (b bundle) claim(t *testing.T) []inbox.Batch {
	t.Helper()
	batches, err := b.Claim(t.Context(), 100, lease, pace)
	require.NoError(t, err)
	for i := range batches {
		require.GreaterOrEqual(t, batches[i].Waited, time.Duration(0))
		batches[i].Waited = 0 // it depends on the machine
	}
	return batches
}

// later turns the database's clock on, as far as the inbox is concerned.
func (b bundle) later(t *testing.T, by time.Duration) {
	t.Helper()
	b.exec(t, `UPDATE inbox
		SET delivered_at = delivered_at - $1::interval, lease_until = lease_until - $1::interval, again_at = again_at - $1::interval,
		received_at = received_at - $1::interval`, by)
}

func TestClaim_returnsHintsInOrderOneBatchPerItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	until := noon.Add(30 * time.Minute)
	linkOpened := act("itm_2", item.LinkOpened)
	linkOpened.Until = until
	ids := b.receive(t,
		webhook("itm_2", "ITEM/ERROR", "1"),
		webhook("itm_1", "ITEM/ERROR", "2"),
		webhook("itm_2", "ITEM/ERROR", "3"),
		linkOpened,
		linkOpened,
		act("itm_2", item.LinkFinished),
		webhook("itm_2", "ITEM/ERROR", "4"),
		webhook("itm_1", "ITEM/LOGIN_REPAIRED", "5"),
		inbox.Entry{Source: item.FromOperator, Environment: "sandbox", ItemID: "itm_1", Code: "ITEM/LOGIN_REPAIRED"},
	)
	require.Equal(t, []inbox.Batch{
		{
			ItemID: "itm_2", RowIDs: []int64{ids[0], ids[2], ids[3], ids[4], ids[5], ids[6]}, Attempts: 1,
			Hints: []item.Hint{
				{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{ids[0], ids[2]}},
				{Source: item.FromPortal, Code: item.LinkOpened, InboxIDs: []int64{ids[3]}, Until: until},
				{Source: item.FromPortal, Code: item.LinkOpened, InboxIDs: []int64{ids[4]}, Until: until},
				{Source: item.FromPortal, Code: item.LinkFinished, InboxIDs: []int64{ids[5]}},
				{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{ids[6]}},
			},
		},
		{
			ItemID: "itm_1", RowIDs: []int64{ids[1], ids[7], ids[8]}, Attempts: 1,
			Hints: []item.Hint{
				{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{ids[1]}},
				{Source: item.FromWebhook, Code: "ITEM/LOGIN_REPAIRED", InboxIDs: []int64{ids[7]}},
				{Source: item.FromOperator, Code: "ITEM/LOGIN_REPAIRED", InboxIDs: []int64{ids[8]}},
			},
		},
	}, b.claim(t))
}

func TestClaim_limitCountsItemsAndTheOldestGoFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []item.ID{"itm_c", "itm_b", "itm_a"} {
		b.enrol(t, id, "m_1")
	}
	b.receive(t, webhook("itm_c", "ITEM/ERROR", "1"), webhook("itm_c", "ITEM/ERROR", "2"),
		webhook("itm_a", "ITEM/ERROR", "3"), webhook("itm_b", "ITEM/ERROR", "4"))
	var order []item.ID
	for range 3 {
		batches, err := b.Claim(t.Context(), 1, lease, pace)
		require.NoError(t, err)
		require.Len(t, batches, 1)
		order = append(order, batches[0].ItemID)
	}
	require.Equal(t, []item.ID{"itm_c", "itm_a", "itm_b"}, order)
}

func TestClaim_twoClaimersNeverGetTheSameRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const items, rowsEach, claimers = 40, 3, 6
	for i := range items {
		id := item.ID(fmt.Sprintf("itm_%d", i))
		b.enrol(t, id, "m_1")
		for r := range rowsEach {
			b.receive(t, webhook(id, "ITEM/ERROR", fmt.Sprintf("%d/%d", i, r)))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var mu sync.Mutex
	var got []int64
	requireNoErrors(t, atOnce(claimers, func(int) error {
		for {
			mu.Lock()
			missing := items*rowsEach - len(got)
			mu.Unlock()
			if missing <= 0 {
				return nil
			}
			batches, err := b.Claim(ctx, 3, time.Hour, pace)
			if err != nil {
				return err
			}
			mu.Lock()
			for _, batch := range batches {
				got = append(got, batch.RowIDs...)
			}
			mu.Unlock()
		}
	}))
	slices.Sort(got)
	require.Len(t, slices.Compact(slices.Clone(got)), items*rowsEach)
	require.Len(t, got, items*rowsEach, "a row was claimed twice")
}

func TestClaim_doesNotWaitForAnotherClaimer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"), webhook("itm_2", "ITEM/ERROR", "2"))
	other, err := b.raw.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = other.Rollback(t.Context()) }()
	_, err = other.Exec(t.Context(), `SELECT FROM inbox WHERE inbox_id = $1 FOR UPDATE`, ids[0])
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	batches, err := b.Claim(ctx, 100, lease, pace)
	require.NoError(t, err)
	require.Len(t, batches, 1)
	require.Equal(t, []int64{ids[1]}, batches[0].RowIDs)
}

func TestClaim_leaseThatRunsOutGivesItsRowsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Len(t, b.claim(t), 1)
	require.Empty(t, b.claim(t), "leased")
	b.later(t, lease+time.Second)
	again := b.claim(t)
	require.Len(t, again, 1)
	require.Equal(t, ids, again[0].RowIDs)
	require.Equal(t, 2, again[0].Attempts)
}

func TestDelivered_rowsAreNotClaimedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Len(t, b.claim(t), 1)
	require.NoError(t, b.Delivered(t.Context(), ids))
	b.later(t, time.Hour)
	require.Empty(t, b.claim(t))
	require.Equal(t, "delivered", b.state(t, ids[0]))
}

func TestClaim_pacesWebhooksAndNotMerchants(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	first := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Len(t, b.claim(t), 1)
	require.NoError(t, b.Delivered(t.Context(), first))

	second := b.receive(t, webhook("itm_1", "ITEM/ERROR", "2"))
	other := b.receive(t, webhook("itm_2", "ITEM/ERROR", "3"))
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, other, batches[0].RowIDs, "the pace is each Item's own")

	b.later(t, pace-time.Second)
	require.Empty(t, b.claim(t))
	finished := b.receive(t, act("itm_1", item.LinkFinished))
	batches = b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, append(second, finished...), batches[0].RowIDs, "the waiting webhook goes along")

	require.NoError(t, b.Release(t.Context(), append(second, finished...), 0, "", true))
	require.NoError(t, b.Delivered(t.Context(), finished))
	require.Empty(t, b.claim(t), "the pace of the first webhook still holds the second")
	b.later(t, 2*time.Second)
	batches = b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, second, batches[0].RowIDs)
}

func TestClaim_merchantsActDelaysNoWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, act("itm_1", item.LinkOpened))
	require.Len(t, b.claim(t), 1)
	require.NoError(t, b.Delivered(t.Context(), ids))
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Len(t, b.claim(t), 1)
}

func TestRelease_rowsComeBackAfterTheirDelay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))

	require.Equal(t, 1, b.claim(t)[0].Attempts)
	require.NoError(t, b.Release(t.Context(), ids, time.Minute, "temporal is away", false))
	require.Empty(t, b.claim(t))
	require.Equal(t, "pending: temporal is away", b.state(t, ids[0]))
	b.later(t, time.Minute)
	require.Equal(t, 1, b.claim(t)[0].Attempts, "an outage spends no attempt")

	require.NoError(t, b.Release(t.Context(), ids, 0, "this item's own fault", true))
	require.Equal(t, 2, b.claim(t)[0].Attempts)
}

func TestMarkDead_makesADeadLetter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"), webhook("itm_1", "ITEM/ERROR", "2"), webhook("itm_1", "ITEM/ERROR", "3"))
	require.Len(t, b.claim(t), 1)
	require.NoError(t, b.MarkDead(t.Context(), ids[:1], "refused ten times"))
	require.NoError(t, b.Ignored(t.Context(), ids[1:2], "its workflow is over"))
	require.Equal(t, "dead: refused ten times", b.state(t, ids[0]))
	require.Equal(t, "ignored: its workflow is over", b.state(t, ids[1]))
	b.later(t, time.Hour)
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, ids[2:], batches[0].RowIDs, "one poison row holds up no other")
}

func TestDelivered_isNotUndoneByALateCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	b.claim(t)
	require.NoError(t, b.Delivered(t.Context(), ids))
	before := b.dump(t)
	require.NoError(t, b.Release(t.Context(), ids, 0, "timed out", true))
	require.NoError(t, b.MarkDead(t.Context(), ids, "timed out"))
	require.NoError(t, b.Ignored(t.Context(), ids, "timed out"))
	require.Equal(t, before, b.dump(t))
}
