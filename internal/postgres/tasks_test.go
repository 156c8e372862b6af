package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/tasks"
)

func TestRecord_escalationIsATaskUntilTheIncidentEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	escalated := item.Transition{
		Incident: 1, Step: item.Escalated, From: item.LoginRequired, To: item.LoginRequired, Cause: item.Credentials,
		At: noon, Why: "the ladder is over",
	}
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{escalated, escalated}))
	open, err := b.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, item.ID("itm_1"), open[0].ItemID)
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon)}))
	open, err = b.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, open)
}

func TestNeedPerson_listsTasksWithTheirItemOldestFirst(t *testing.T) {
	t.Parallel()
	b := listed(t)
	require.NoError(t,
		b.OpenTask(t.Context(), tasks.Task{Key: "item/itm_old", Kind: tasks.Escalated, ItemID: "itm_old", Why: "the ladder is over"}))
	require.NoError(t, b.OpenTask(t.Context(), tasks.Task{Key: "mass_break/all/", Kind: tasks.MassBreak, Why: "200 Items broke"}))
	open, total, err := b.NeedPerson(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 2, total)
	require.Equal(t, "Blue Bottle m", open[0].Item.BusinessName)
	require.Equal(t, item.ID("itm_old"), open[0].Item.ID)
	require.Equal(t, item.LoginRequired, open[0].State)
	require.Equal(t, "the ladder is over", open[0].Why)
	require.Zero(t, open[1].Item, "it is about many")
	require.Equal(t, tasks.MassBreak, open[1].Kind)

	first, total, err := b.NeedPerson(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, open[:1], first)
	require.Equal(t, 2, total, "and says how many there are")
	require.NoError(t, b.CloseTask(t.Context(), open[0].ID, "olga"))
	left, _, err := b.NeedPerson(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, open[1:], left)
}
