package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestKeepAccounts_replacesTheAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_1")
	last := []item.Account{{ID: "z", Name: "Checking", Mask: "0000", Subtype: "checking"}, {ID: "a", Name: "Saving"}}
	require.NoError(t, b.KeepAccounts(t.Context(), "itm_1", []item.Account{{ID: "old", Name: "Old"}, {ID: "z", Name: "Was Checking"}}))
	require.NoError(t, b.KeepAccounts(t.Context(), "itm_1", last))
	_, connections, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Equal(t, last, connections[0].Accounts)
	require.Empty(t, connections[1].Accounts)
	require.ErrorIs(t, b.KeepAccounts(t.Context(), "itm_none", last), item.ErrUnknown)
}
