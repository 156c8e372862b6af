package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestItemPage_goesThroughAllItemsByTheirIDs(t *testing.T) {
	t.Parallel()
	b := listed(t)
	var all []item.ID
	after := item.ID("")
	for range 3 {
		page, err := b.ItemPage(t.Context(), "", "", after, 2)
		require.NoError(t, err)
		require.NotEmpty(t, page)
		require.LessOrEqual(t, len(page), 2)
		all = append(all, ids(page)...)
		after = all[len(all)-1]
	}
	require.Equal(t, []item.ID{"itm_also", "itm_gone", "itm_new", "itm_old", "itm_works"}, all)
	page, err := b.ItemPage(t.Context(), "", "", after, 2)
	require.NoError(t, err)
	require.Empty(t, page)
}

func TestItemPage_keepsToItsFilters(t *testing.T) {
	t.Parallel()
	b := listed(t)
	for name, tc := range map[string]struct {
		state    item.State
		merchant string
		after    item.ID
		want     []item.ID
	}{
		"a state":                     {state: item.LoginRequired, want: []item.ID{"itm_new", "itm_old"}},
		"a merchant":                  {merchant: "am", want: []item.ID{"itm_also"}},
		"a merchant and a state":      {state: item.Removed, merchant: "m", want: []item.ID{"itm_gone"}},
		"another merchant's state":    {state: item.Removed, merchant: "am"},
		"a merchant nobody knows":     {merchant: "x"},
		"a state from some Item on":   {state: item.LoginRequired, after: "itm_new", want: []item.ID{"itm_old"}},
		"a merchant beyond its Items": {merchant: "am", after: "itm_also"},
	} {
		page, err := b.ItemPage(t.Context(), tc.state, tc.merchant, tc.after, 10)
		require.NoError(t, err)
		require.Equal(t, tc.want, ids(page), name)
	}
}
