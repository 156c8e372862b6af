package postgres_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestTimeline_mergesAuditAndWebhooksInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"), webhook("itm_2", "ITEM/ERROR", "2"), webhook("itm_1", "ITEM/LOGIN_REPAIRED", "3"))
	b.exec(t, `UPDATE inbox SET received_at = $2 WHERE inbox_id = $1`, ids[0], noon.Add(time.Minute))
	b.exec(t, `UPDATE inbox SET received_at = $2 WHERE inbox_id = $1`, ids[2], noon.Add(time.Hour))
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon.Add(2*time.Minute))}))
	r, err := b.Act(t.Context(), act("itm_1", item.LinkOpened), noon.Add(3*time.Minute), map[string]int{"n": 1})
	require.NoError(t, err)
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon.Add(2*time.Hour))}))

	entries, err := b.Timeline(t.Context(), "itm_1")
	require.NoError(t, err)
	type line struct {
		at        time.Time
		what, ref string
	}
	var lines []line
	for _, m := range entries {
		lines = append(lines, line{m.At, m.What, m.Ref})
	}
	require.Equal(t, []line{
		{noon, "enrolled", "audit 1"},
		{noon.Add(time.Minute), "webhook ITEM/ERROR", fmt.Sprintf("inbox %d", ids[0])},
		{noon.Add(2 * time.Minute), "incident_opened", "audit 2"},
		{noon.Add(3 * time.Minute), "relink_opened", "audit 3"},
		{noon.Add(time.Hour), "webhook ITEM/LOGIN_REPAIRED", fmt.Sprintf("inbox %d", ids[2])},
		{noon.Add(2 * time.Hour), "incident_closed", "audit 4"},
	}, lines)
	require.JSONEq(t, `{"item_id":"itm_1","webhook_code":"ITEM/ERROR"}`, string(entries[1].Data))
	require.JSONEq(t, `{"n":1}`, string(entries[3].Data))
	require.Positive(t, r.RowID)

	encoded, err := json.Marshal(entries[0])
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"at":"2026-11-22T12:00:00Z"`)
}

func TestTimeline_simultaneousEntriesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	want := []string{"audit 1"}
	for i := range 11 {
		_, err := b.Act(t.Context(), act("itm_1", item.LinkOpened), noon, nil)
		require.NoError(t, err)
		want = append(want, fmt.Sprintf("audit %d", i+2))
	}
	entries, err := b.Timeline(t.Context(), "itm_1")
	require.NoError(t, err)
	var refs []string
	for _, m := range entries {
		refs = append(refs, m.Ref)
	}
	require.Equal(t, want, refs)
}
