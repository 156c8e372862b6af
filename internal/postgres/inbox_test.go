package postgres_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

// webhook is a delivery of its own each time: key tells it from others.
func webhook(id item.ID, code, key string) inbox.Entry {
	return inbox.Entry{
		Source: item.FromWebhook, Environment: "sandbox", ItemID: id, Code: code,
		DeliveryKey: []byte(key), Body: json.RawMessage(fmt.Sprintf(`{"item_id": %q, "webhook_code": %q}`, id, code)),
	}
}

func act(id item.ID, code string) inbox.Entry {
	return inbox.Entry{Source: item.FromPortal, Environment: "sandbox", ItemID: id, Code: code}
}

func (b bundle) receive(t *testing.T, entries ...inbox.Entry) []int64 {
	t.Helper()
	var ids []int64
	for _, a := range entries {
		r, err := b.Receive(t.Context(), a)
		require.NoError(t, err)
		require.False(t, r.Repeat)
		ids = append(ids, r.RowID)
	}
	return ids
}

// state is an inbox row's state, for example "dead: its item was never enrolled".
func (b bundle) state(t *testing.T, rowID int64) string {
	t.Helper()
	var state, why string
	require.NoError(t, b.raw.QueryRow(t.Context(), `SELECT state, last_error FROM inbox WHERE inbox_id = $1`, rowID).Scan(&state, &why))
	if why != "" {
		return state + ": " + why
	}
	return state
}

func TestReceive_storesTheExactSameDeliveryOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	first, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", "jwt+body"))
	require.NoError(t, err)
	require.False(t, first.Repeat)
	for range 2 {
		again, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", "jwt+body"))
		require.NoError(t, err)
		require.Equal(t, inbox.Receipt{RowID: first.RowID, Repeat: true}, again)
	}
	require.Equal(t, 2, b.count(t, `SELECT repeats FROM inbox WHERE inbox_id = $1`, first.RowID))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook'`))
}

func TestReceive_sameBodyInAnotherDeliveryIsNew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "jwt 1"), webhook("itm_1", "ITEM/ERROR", "jwt 2"))
	require.NotEqual(t, ids[0], ids[1])
}

func TestReceive_repeatOfWhatWasDeliveredWakesNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "jwt"))
	require.NoError(t, b.Delivered(t.Context(), ids))
	_, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", "jwt"))
	require.NoError(t, err)
	require.Equal(t, "delivered", b.state(t, ids[0]))
	require.Empty(t, b.claim(t))
}

func TestReceive_fiftyCopiesAtOnceAreOneRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	receipts := make([]inbox.Receipt, 50)
	requireNoErrors(t, atOnce(50, func(i int) (err error) {
		receipts[i], err = b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", "jwt"))
		return err
	}))
	first := 0
	for _, r := range receipts {
		require.Equal(t, receipts[0].RowID, r.RowID)
		if !r.Repeat {
			first++
		}
	}
	require.Equal(t, 1, first)
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook'`))
	require.Equal(t, 49, b.count(t, `SELECT repeats FROM inbox WHERE source = 'webhook'`))
}

func TestReceive_sameActTwiceIsTwoActs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, act("itm_1", item.LinkFinished), act("itm_1", item.LinkFinished))
	require.NotEqual(t, ids[0], ids[1])
}

func TestReceive_storesWithoutDeliveryWhatConcernsNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	dead, ignored := webhook("", "", "jwt 1"), webhook("itm_1", "TRANSACTIONS/SYNC_UPDATES_AVAILABLE", "jwt 2")
	dead.Dead, ignored.Ignored = "not understood", "concerns no workflow"
	ids := b.receive(t, dead, ignored)
	require.Equal(t, "dead: not understood", b.state(t, ids[0]))
	require.Equal(t, "ignored: concerns no workflow", b.state(t, ids[1]))
	require.Empty(t, b.claim(t))
	_, err := b.Sweep(t.Context(), time.Nanosecond, month)
	require.NoError(t, err)
	require.Equal(t, "dead: not understood", b.state(t, ids[0]))
}

func TestReceive_storesAnyJSONThatPlaidSigns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	for i, body := range []string{`{"a":"\u0000"}`, `{"a":"\ud800"}`, `{"a":1e400}`, `{"a":1,"a":2}`, `null`} {
		a := webhook("itm_1", "ITEM/ERROR", fmt.Sprint(i))
		a.Body = json.RawMessage(body)
		r, err := b.Receive(t.Context(), a)
		require.NoError(t, err, "a signed webhook was lost: %s", body)
		require.Equal(t, "pending", b.state(t, r.RowID))
	}
	entries, err := b.Timeline(t.Context(), "itm_1")
	require.NoError(t, err)
	//nolint:testifylint // the very text is what must come back
	require.Equal(t, `{"a":"\u0000"}`, string(entries[len(entries)-5].Data), "to the letter")
}

func TestAct_isAHintAndALineOfTheAuditAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	a := act("itm_1", item.LinkOpened)
	a.Until = noon.Add(30 * time.Minute)
	r, err := b.Act(t.Context(), a, noon, map[string]any{"step": 1})
	require.NoError(t, err)

	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t,
		[]item.Hint{{Source: item.FromPortal, Code: item.LinkOpened, InboxIDs: []int64{r.RowID}, Until: a.Until}}, batches[0].Hints)
	require.Equal(t, []string{"enrolled enrolled", fmt.Sprintf("relink_opened inbox/%d", r.RowID)}, b.audited(t, "itm_1"))
}

func TestAct_thatCannotBeAuditedIsNoHintEither(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.exec(t, `ALTER TABLE audit ADD CHECK (kind <> 'relink_completed')`)
	before := b.dump(t)
	_, err := b.Act(t.Context(), act("itm_1", item.LinkFinished), noon, nil)
	require.ErrorContains(t, err, "append audit")
	require.Equal(t, before, b.dump(t))

	_, err = b.Act(t.Context(), act("itm_9", item.LinkFinished), noon, nil)
	require.ErrorIs(t, err, item.ErrUnknown)
	require.Equal(t, before, b.dump(t))
}

func TestReceive_enqueuesAForwardedWebhookWithItsRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	forward := func(key string) inbox.Entry {
		a := webhook("itm_9", "TRANSACTIONS/SYNC_UPDATES_AVAILABLE", key)
		a.Ignored, a.Forward = "it does not concern the health of an item", true
		return a
	}
	one, err := b.Receive(t.Context(), forward("1"))
	require.NoError(t, err)
	_, err = b.Receive(t.Context(), forward("1"))
	require.NoError(t, err)
	b.receive(t, webhook("itm_9", "ITEM/ERROR", "2"))
	requireNoErrors(t, atOnce(40, func(i int) error {
		_, err := b.Receive(t.Context(), forward(fmt.Sprint("more ", i%20)))
		return err
	}))
	require.Equal(t, 1, b.count(t, `
		SELECT count(*) FROM outbox WHERE key = $1 AND destination = 'platform' AND item_id = 'itm_9' AND event = 'plaid.webhook'
			AND payload IS NULL AND inbox_id = $2`, fmt.Sprintf("plaid.webhook/%d-31", one.RowID), one.RowID))
	require.Equal(t, 21, b.count(t, `SELECT count(*) FROM outbox`), "a repeat is not passed on again")
	require.Equal(t, 21,
		b.count(t, `SELECT count(*) FROM inbox JOIN outbox USING (inbox_id) WHERE inbox.state = 'ignored' AND ended_at IS NOT NULL`))
}
