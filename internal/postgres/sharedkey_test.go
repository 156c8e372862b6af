package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSharedKey_isTheSameForAllWhoAskAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := make([][]byte, 8)
	requireNoErrors(t, atOnce(8, func(i int) (err error) {
		keys[i], err = b.SharedKey(t.Context(), b.vault, "deep links")
		return err
	}))
	require.Len(t, keys[0], 32)
	for _, key := range keys {
		require.Equal(t, keys[0], key)
	}
	other, err := b.SharedKey(t.Context(), b.vault, "something else")
	require.NoError(t, err)
	require.NotEqual(t, keys[0], other)

	_, err = b.SharedKey(t.Context(), newVault(t), "deep links")
	require.ErrorContains(t, err, "open shared_keys/deep links")
	b.exec(t, `UPDATE shared_keys SET sealed = (SELECT sealed FROM shared_keys WHERE purpose = 'something else') WHERE purpose = 'deep links'`)
	_, err = b.SharedKey(t.Context(), b.vault, "deep links")
	require.ErrorContains(t, err, "open shared_keys/deep links", "a key does not serve another purpose")
}
