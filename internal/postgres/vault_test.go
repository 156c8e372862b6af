package postgres_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/postgres"
)

func TestVault_tokenOpensOnlyForItsRow(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	one, err := vault.SealToken("itm_1", theToken)
	require.NoError(t, err)
	two, err := vault.SealToken("itm_2", theToken)
	require.NoError(t, err)

	opened, err := vault.Open(one)
	require.NoError(t, err)
	require.Equal(t, theToken, opened)

	_, err = vault.Open(item.Sealed{Row: two.Row, Ciphertext: one.Ciphertext})
	require.ErrorContains(t, err, "open items/itm_2")
	require.NotContains(t, err.Error(), theToken)

	link, err := vault.Seal(item.LinkTokenRow("itm_1"), theToken)
	require.NoError(t, err)
	opened, err = vault.Open(link)
	require.NoError(t, err)
	require.Equal(t, theToken, opened)
	_, err = vault.Open(item.Sealed{Row: one.Row, Ciphertext: link.Ciphertext})
	require.ErrorContains(t, err, "open items/itm_1", "an Item's link token is not its access token")
}

func TestVault_refusesAChangedBit(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	sealed, err := vault.SealToken("itm_1", theToken)
	require.NoError(t, err)
	for i := range sealed.Ciphertext {
		bent := item.Sealed{Row: sealed.Row, Ciphertext: bytes.Clone(sealed.Ciphertext)}
		bent.Ciphertext[i] ^= 1
		_, err := vault.Open(bent)
		require.Error(t, err, "byte %d", i)
	}
	again, err := vault.SealToken("itm_1", theToken)
	require.NoError(t, err)
	require.NotEqual(t, sealed.Ciphertext, again.Ciphertext, "equal tokens do not look equal")
}

func TestVault_anotherKeysetDoesNotOpen(t *testing.T) {
	t.Parallel()
	sealed, err := newVault(t).SealToken("itm_1", theToken)
	require.NoError(t, err)
	_, err = newVault(t).Open(sealed)
	require.Error(t, err)
}

func TestCreateKeyset_isPrivateAndNeverOverwrites(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, postgres.CreateKeyset(file))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, postgres.CreateKeyset(file))
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestOpenVault_refusesWhatIsNoKeyset(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keyset.json")
	_, err := postgres.OpenVault(file)
	require.ErrorContains(t, err, "read keyset")
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	_, err = postgres.OpenVault(file)
	require.ErrorContains(t, err, file)
}

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

func TestVault_bodyOpensOnlyForItsDelivery(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	body := []byte(`{"webhook_type":"ITEM"}`)
	sealed, err := vault.SealBody([]byte("delivery 1"), body)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "webhook_type")
	opened, err := vault.OpenBody([]byte("delivery 1"), sealed)
	require.NoError(t, err)
	require.Equal(t, body, opened)

	_, err = vault.OpenBody([]byte("delivery 2"), sealed)
	require.ErrorContains(t, err, "open inbox/64656c69766572792032")
	_, err = vault.Open(item.Sealed{Row: "items/itm_1", Ciphertext: sealed})
	require.Error(t, err)
}
