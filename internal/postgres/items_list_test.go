package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/readmodel"
)

// five Items: one that works, two that wait, one that is removed, and another that works.
func listed(t *testing.T) bundle {
	t.Helper()
	b := setup(t)
	for _, id := range []item.ID{"itm_works", "itm_new", "itm_old", "itm_gone", "itm_also"} {
		b.enrol(t, id, map[item.ID]string{"itm_also": "a"}[id]+"m")
	}
	require.NoError(t, b.Record(t.Context(), "itm_new", []item.Transition{opened(3, noon.Add(time.Hour))}))
	require.NoError(t, b.Record(t.Context(), "itm_old", []item.Transition{opened(1, noon)}))
	require.NoError(t, b.Record(t.Context(), "itm_gone", []item.Transition{
		{Incident: 1, Step: item.Opened, From: item.Connected, To: item.Removed, Cause: item.Gone, At: noon},
	}))
	return b
}

func ids(all []readmodel.Listed) []item.ID {
	var found []item.ID
	for _, l := range all {
		found = append(found, l.Item.ID)
	}
	return found
}

func TestItems_listTheLongestWaitingFirst(t *testing.T) {
	t.Parallel()
	b := listed(t)
	all, err := b.Items(t.Context(), readmodel.Filter{})
	require.NoError(t, err)
	require.Equal(t, []item.ID{"itm_old", "itm_new", "itm_also", "itm_works", "itm_gone"}, ids(all))
	require.Equal(t, readmodel.Listed{
		Item: item.Ref{
			ID: "itm_new", Environment: "sandbox", MerchantID: "m", BusinessName: "Blue Bottle m", InstitutionID: "ins_109508",
			Institution: "First Platypus Bank", Partner: "north-iso",
		},
		State: item.LoginRequired, Cause: item.Credentials, Incident: 3, BrokenSince: noon.Add(time.Hour),
	}, all[1])
	require.Zero(t, all[2].BrokenSince)
}

func TestItems_listOneStateUpToALimit(t *testing.T) {
	t.Parallel()
	b := listed(t)
	waiting, err := b.Items(t.Context(), readmodel.Filter{State: item.LoginRequired})
	require.NoError(t, err)
	require.Equal(t, []item.ID{"itm_old", "itm_new"}, ids(waiting))
	first, err := b.Items(t.Context(), readmodel.Filter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []item.ID{"itm_old"}, ids(first))
	none, err := b.Items(t.Context(), readmodel.Filter{State: item.Revoked})
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestCountItems_countsEachOnce(t *testing.T) {
	t.Parallel()
	counts, err := listed(t).CountItems(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[item.State]int{item.Connected: 2, item.LoginRequired: 2, item.Removed: 1}, counts)
}

func TestItems_listTheEndOfAnItemThatExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m")
	ends := noon.Add(20 * 24 * time.Hour)
	expires := item.Transition{
		Incident: 1, Step: item.Opened, From: item.Connected, To: item.Expiring, Cause: item.ConsentExpiring, At: noon,
		By: item.ExpiryNear, EndsAt: ends,
	}
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{expires}))
	all, err := b.Items(t.Context(), readmodel.Filter{State: item.Expiring})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, ends, all[0].EndsAt)
}
