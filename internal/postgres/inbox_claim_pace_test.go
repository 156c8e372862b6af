package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

func TestClaim_webhooksWaitWhileOthersOfTheirItemAreLeased(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	first := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Len(t, b.claim(t), 1)
	second := b.receive(t, webhook("itm_1", "ITEM/ERROR", "2"))
	require.Empty(t, b.claim(t), "two signals for one Item at once")

	finished := b.receive(t, act("itm_1", item.LinkFinished))
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, append(second, finished...), batches[0].RowIDs, "the merchant does not wait, and the webhook goes along")

	third := b.receive(t, webhook("itm_1", "ITEM/ERROR", "3"))
	require.NoError(t, b.Release(t.Context(), append(first, append(second, finished...)...), time.Hour, "this item's own fault", true))
	batches = b.claim(t)
	require.Len(t, batches, 1, "what is to be tried again later is not under way")
	require.Equal(t, third, batches[0].RowIDs)
}

func TestClaim_actUnderWayDelaysNoWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.receive(t, act("itm_1", item.LinkOpened))
	require.Len(t, b.claim(t), 1)
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Len(t, b.claim(t), 1)
}

func TestClaim_leavesAnItemToTheReplicaThatIsClaimingIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	ids := b.receive(t, webhook("itm_2", "ITEM/ERROR", "2"))
	other, err := b.raw.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = other.Rollback(t.Context()) }()
	_, err = other.Exec(t.Context(), `SELECT pg_advisory_xact_lock($1, hashtext('itm_1'))`, 0x696e6278)
	require.NoError(t, err)
	batches := b.claim(t)
	require.Len(t, batches, 1, "rows that came after its look would be a signal of their own")
	require.Equal(t, ids, batches[0].RowIDs)
	require.NoError(t, other.Rollback(t.Context()))
	require.Len(t, b.claim(t), 1)
}

func TestClaim_staleWebhookIsAReasonToLookAndNoMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	stale := func(key string) inbox.Entry {
		a := webhook("itm_1", "ITEM/ERROR", key)
		a.Stale = true
		return a
	}
	ids := b.receive(t, stale("1"), stale("2"), webhook("itm_1", "ITEM/ERROR", "3"))
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, []item.Hint{
		{Source: item.FromWebhook, Code: item.StaleWebhook, InboxIDs: ids[:2]},
		{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: ids[2:]},
	}, batches[0].Hints)
	require.Equal(t, item.ClaimsNothing, batches[0].Hints[0].Claim())
	require.NoError(t, b.Delivered(t.Context(), ids))
	b.receive(t, stale("4"))
	require.Empty(t, b.claim(t), "it is paced like any webhook")
	b.later(t, pace)
	require.Len(t, b.claim(t), 1)
}
