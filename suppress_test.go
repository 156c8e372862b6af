package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestAnAddressIsStoppedListedAndLetGo(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	s, out, _ := at()
	l := mailsOf(t, s, "suppress ada@example.com --why asked~by~phone")
	require.NoError(t, l.suppress(t.Context(), store))
	require.NoError(t, mailsOf(t, s, "suppress --why again ADA@example.com").suppress(t.Context(), store))
	require.Equal(t, "nothing more is mailed to ada@example.com (no merchant has it now)\n"+
		"ADA@example.com was stopped by a person already (no merchant has it now)\n", out.String())

	out.Reset()
	require.NoError(t, mailsOf(t, s, "suppressed").suppressed(t.Context(), store))
	require.Contains(t, out.String(), "asked by phone")
	out.Reset()
	require.NoError(t, mailsOf(t, s, "suppressed --json").suppressed(t.Context(), store))
	var listed item.Suppression
	require.NoError(t, json.Unmarshal(out.Bytes(), &listed))
	require.Equal(t, item.ByHand, listed.Reason)
	require.Equal(t, "olga", listed.By)

	l = mailsOf(t, s, "unsuppress Ada@example.com")
	require.NoError(t, l.unsuppress(t.Context(), store))
	require.ErrorContains(t, l.unsuppress(t.Context(), store), "are not stopped")
	all, err := store.Suppressions(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestWhatIsNoAddressIsAWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"suppress"},
		{"suppress", "--why", "x"},
		{"suppress", "ada", "--why", "x"},
		{"suppress", "ada@example.com"},
		{"unsuppress"},
		{"suppress", "a@example.com", "b@example.com", "--why", "x"},
		{"suppress", "Ada <ada@example.com>", "--why", "x"},
		{"suppressed", "ada@example.com"},
		{"suppressing"},
	} {
		s, _, _ := at()
		_, err := parseMails(s, args)
		require.ErrorIs(t, err, errUsage, args)
	}
}
