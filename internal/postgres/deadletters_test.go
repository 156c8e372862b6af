package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

// markDead makes dead letters of webhooks about enrolled Items.
func (b bundle) markDead(t *testing.T, why string, entries ...inbox.Entry) []int64 {
	t.Helper()
	ids := b.receive(t, entries...)
	b.claim(t)
	require.NoError(t, b.MarkDead(t.Context(), ids, why))
	return ids
}

// unread is a delivery that nothing could be made of; its body is kept.
func unread(key string) inbox.Entry {
	a := webhook("", "unknown", key)
	a.Body, a.RawSealed, a.Dead = nil, []byte("sealed "+key), "it is not understood"
	return a
}

var errNoReading = errors.New("nobody is to read it again")

func unreadable([]byte, []byte) (inbox.Entry, error) { return inbox.Entry{}, errNoReading }

func deadOrder(by string, ids ...int64) inbox.DeadOrder {
	return inbox.DeadOrder{Filter: inbox.DeadFilter{IDs: ids}, Expect: -1, By: by}
}

func (b bundle) deadLetterAudit(t *testing.T, id item.ID) []string {
	t.Helper()
	entries, err := b.Timeline(t.Context(), id)
	require.NoError(t, err)
	var lines []string
	for _, m := range entries {
		if m.What == "dead_letter_replayed" || m.What == "dead_letter_discarded" {
			lines = append(lines, m.What+" "+string(m.Data))
		}
	}
	_, err = b.VerifyAudit(t.Context(), id)
	require.NoError(t, err)
	return lines
}

func TestDeadLetters_returnEveryField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.markDead(t, "signal item: payload is too big", traced(webhook("itm_1", "ITEM/ERROR", "1"), firstTrace))
	_, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", "1"))
	require.NoError(t, err)
	d, err := b.DeadLetter(t.Context(), ids[0])
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), d.ReceivedAt, time.Minute)
	require.WithinDuration(t, time.Now(), d.EndedAt, time.Minute)
	d.ReceivedAt, d.EndedAt = time.Time{}, time.Time{}
	require.Equal(t, inbox.DeadLetter{
		InboxID: ids[0], Source: item.FromWebhook, ItemID: "itm_1", Code: "ITEM/ERROR", Reason: "signal item: payload is too big",
		Attempts: 1, Repeats: 1, Trace: firstTrace, Body: webhook("itm_1", "ITEM/ERROR", "1").Body,
	}, d)

	alive := b.receive(t, webhook("itm_1", "ITEM/ERROR", "2"))
	_, err = b.DeadLetter(t.Context(), alive[0])
	require.ErrorIs(t, err, inbox.ErrNoDeadLetter)
}

func TestDeadLetters_areSelectedByTheFilter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	one := b.markDead(t, "payload is 100% too Big", webhook("itm_1", "ITEM/ERROR", "1"))[0]
	b.later(t, 48*time.Hour)
	two := b.markDead(t, "refused", webhook("itm_2", "ITEM/ERROR", "2"))[0]
	three := b.receive(t, unread("3"))[0]
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "4"))
	yesterday := time.Now().Add(-24 * time.Hour)
	for name, c := range map[string]struct {
		filter inbox.DeadFilter
		want   []int64
	}{
		"all":           {inbox.DeadFilter{}, []int64{three, two, one}},
		"code":          {inbox.DeadFilter{Code: "ITEM/ERROR"}, []int64{two, one}},
		"item":          {inbox.DeadFilter{ItemID: "itm_1"}, []int64{one}},
		"reason":        {inbox.DeadFilter{Reason: "too big"}, []int64{one}},
		"no wildcard":   {inbox.DeadFilter{Reason: "payload%big"}, nil},
		"before":        {inbox.DeadFilter{Before: yesterday}, []int64{one}},
		"after":         {inbox.DeadFilter{After: yesterday}, []int64{three, two}},
		"ids":           {inbox.DeadFilter{IDs: []int64{one, three}}, []int64{three, one}},
		"all at a time": {inbox.DeadFilter{Code: "ITEM/ERROR", After: yesterday}, []int64{two}},
		"nothing":       {inbox.DeadFilter{Code: "ITEM/ERROR", Reason: "understood"}, nil},
	} {
		letters, total, err := b.DeadLetters(t.Context(), c.filter)
		require.NoError(t, err, name)
		require.Equal(t, len(c.want), total, name)
		var got []int64
		for _, d := range letters {
			got = append(got, d.InboxID)
		}
		require.Equal(t, c.want, got, name)
	}
	letters, total, err := b.DeadLetters(t.Context(), inbox.DeadFilter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, 3, total, "the limit bounds the list, not the count")
	require.Len(t, letters, 1)
}

func TestReplay_deliversAsIfItHadNeverBeenTried(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.markDead(t, "refused twelve times", webhook("itm_1", "ITEM/ERROR", "1"), webhook("itm_1", "ITEM/ERROR", "2"))
	b.exec(t, `UPDATE inbox SET attempts = 12, again_at = now() + interval '1 hour' WHERE inbox_id = ANY($1)`, ids)
	o := deadOrder("ops-1", ids[0])
	o.Why = "the payload limit was raised"
	tally, err := b.Replay(t.Context(), o, unreadable)
	require.NoError(t, err)
	require.Equal(t, inbox.DeadTally{Matches: 1, Done: 1}, tally)
	require.Equal(t, "pending", b.state(t, ids[0]))
	require.Equal(t, "dead: refused twelve times", b.state(t, ids[1]))
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, ids[:1], batches[0].RowIDs)
	require.Equal(t, 1, batches[0].Attempts)
	require.Equal(t, []string{
		fmt.Sprintf(`dead_letter_replayed {"by":"ops-1","inbox_id":%d,"reason":"refused twelve times",`+
			`"why":"the payload limit was raised"}`, ids[0]),
	}, b.deadLetterAudit(t, "itm_1"))

	require.NoError(t, b.MarkDead(t.Context(), ids[:1], "refused again"))
	_, err = b.Replay(t.Context(), deadOrder("ops-2", ids[0]), unreadable)
	require.NoError(t, err)
	require.Len(t, b.deadLetterAudit(t, "itm_1"), 2, "each replay is a line of its own")
	require.Equal(t, 2, b.count(t, `SELECT replays FROM inbox WHERE inbox_id = $1`, ids[0]))
}

func TestReplay_readsAgainWhatWasNotUnderstood(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	id := b.receive(t, unread("1"))[0]
	learned := webhook("itm_1", "ITEM/ERROR", "another key")
	learned.Forward = true
	tally, err := b.Replay(t.Context(), deadOrder("ops-1", id), func(key, sealed []byte) (inbox.Entry, error) {
		require.Equal(t, "1", string(key))
		require.Equal(t, "sealed 1", string(sealed))
		return learned, nil
	})
	require.NoError(t, err)
	require.Equal(t, inbox.DeadTally{Matches: 1, Done: 1}, tally)
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{id}}, batches[0].Hints[0])
	require.Len(t, b.deadLetterAudit(t, "itm_1"), 1)
	require.Equal(t, 1, b.count(t,
		`SELECT count(*) FROM inbox WHERE inbox_id = $1 AND delivery_key = '1' AND body IS NOT NULL`, id), "a repeat is a repeat still")
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM outbox WHERE inbox_id = $1 AND item_id = 'itm_1'`, id),
		"the platform has been waiting for it, too")
}

func TestReplay_leavesDeadWhatIsStillNotUnderstood(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.receive(t, unread("1"), unread("2"), unread("3"), unread("4"))
	b.exec(t, `UPDATE inbox SET raw_sealed = NULL WHERE inbox_id = $1`, ids[2])
	o := inbox.DeadOrder{Expect: 4, By: "ops-1"}
	tally, err := b.Replay(t.Context(), o, func(key, _ []byte) (inbox.Entry, error) {
		switch string(key) {
		case "1":
			return inbox.Entry{}, errors.New("its body cannot be opened")
		case "2":
			return inbox.Entry{Dead: "it is not understood"}, nil
		}
		return inbox.Entry{Code: "LINK/SESSION_FINISHED", Ignored: "it does not concern the health of an item"}, nil
	})
	require.NoError(t, err)
	require.Equal(t, inbox.DeadTally{Matches: 4, Done: 1, Still: []inbox.StillDead{
		{InboxID: ids[0], Reason: "replayed in vain: its body cannot be opened"},
		{InboxID: ids[1], Reason: "replayed in vain: it is not understood"},
		{InboxID: ids[2], Reason: "replayed in vain: its body is not kept any more, so it cannot be read again"},
	}}, tally)
	require.Equal(t, "dead: replayed in vain: its body cannot be opened", b.state(t, ids[0]))
	require.Equal(t, "dead: replayed in vain: it is not understood", b.state(t, ids[1]))
	require.Equal(t, "ignored: it does not concern the health of an item", b.state(t, ids[3]))
}

func TestDiscard_isFinal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.markDead(t, "refused", webhook("itm_1", "ITEM/ERROR", "1"))
	o := deadOrder("ops-1", ids[0])
	o.Why = "a test of Plaid's"
	tally, err := b.Discard(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, inbox.DeadTally{Matches: 1, Done: 1}, tally)
	require.Equal(t, "discarded: refused; discarded: a test of Plaid's", b.state(t, ids[0]))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE ended_by = 'ops-1'`))
	require.Equal(t, []string{
		fmt.Sprintf(`dead_letter_discarded {"by":"ops-1","inbox_id":%d,"reason":"refused","why":"a test of Plaid's"}`, ids[0]),
	}, b.deadLetterAudit(t, "itm_1"))

	_, err = b.Replay(t.Context(), deadOrder("ops-2", ids[0]), unreadable)
	require.ErrorIs(t, err, inbox.ErrNoDeadLetter)
	_, err = b.Discard(t.Context(), deadOrder("ops-2", ids[0]))
	require.ErrorIs(t, err, inbox.ErrNoDeadLetter)
	b.later(t, time.Hour)
	require.Empty(t, b.claim(t))
	require.NoError(t, b.MarkDead(t.Context(), ids, "who comes late"))
	require.Contains(t, b.state(t, ids[0]), "discarded")
	_, total, err := b.DeadLetters(t.Context(), inbox.DeadFilter{})
	require.NoError(t, err)
	require.Zero(t, total)
}

func TestReplay_doesNothingForAnotherNumberThanExpected(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.markDead(t, "refused", webhook("itm_1", "ITEM/ERROR", "1"), webhook("itm_1", "ITEM/ERROR", "2"))
	before := b.dump(t)
	for _, expect := range []int{0, 1, 3} {
		_, err := b.Discard(t.Context(), inbox.DeadOrder{Expect: expect, By: "ops-1"})
		var count *inbox.DeadCountError
		require.ErrorAs(t, err, &count)
		require.Equal(t, inbox.DeadCountError{Expected: expect, Matches: 2}, *count)
	}
	_, err := b.Replay(t.Context(), deadOrder("ops-1", ids[0], 999), unreadable)
	require.ErrorIs(t, err, inbox.ErrNoDeadLetter)
	require.ErrorContains(t, err, "999")
	require.Equal(t, before, b.dump(t))
}

func TestReplay_ofManyByTwoPeopleAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var entries []inbox.Entry
	for i := range 5 {
		b.enrol(t, item.ID(fmt.Sprint("itm_", i)), "m_1")
	}
	for i := range 250 {
		entries = append(entries, webhook(item.ID(fmt.Sprint("itm_", i%5)), "ITEM/ERROR", fmt.Sprint(i)))
	}
	b.markDead(t, "refused", entries...)
	tallies := make([]inbox.DeadTally, 2)
	requireNoErrors(t, atOnce(2, func(i int) (err error) {
		tallies[i], err = b.Replay(t.Context(), inbox.DeadOrder{Expect: -1, By: fmt.Sprint("ops-", i)}, unreadable)
		return err
	}))
	require.Equal(t, 250, tallies[0].Done+tallies[1].Done, "each once")
	require.Equal(t, 250, b.count(t, `SELECT count(*) FROM inbox WHERE state = 'pending' AND replays = 1`))
	require.Len(t, b.deadLetterAudit(t, "itm_3"), 50)
}
