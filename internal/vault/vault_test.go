package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/linksession"
	"relink/internal/vault"
)

const theToken = "access-sandbox-5a1f0c3e-plain"

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, vault.CreateKeyset(file))
	v, err := vault.FromKeyset(file)
	require.NoError(t, err)
	return v
}

func TestVault_tokenOpensOnlyForItsRow(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	one, err := v.SealToken("itm_1", theToken)
	require.NoError(t, err)
	two, err := v.SealToken("itm_2", theToken)
	require.NoError(t, err)

	opened, err := v.Open(one)
	require.NoError(t, err)
	require.Equal(t, theToken, opened)

	_, err = v.Open(vault.Sealed{Row: two.Row, Ciphertext: one.Ciphertext})
	require.ErrorContains(t, err, "open items/itm_2")
	require.NotContains(t, err.Error(), theToken)

	link, err := v.Seal(linksession.TokenRow("itm_1"), theToken)
	require.NoError(t, err)
	opened, err = v.Open(link)
	require.NoError(t, err)
	require.Equal(t, theToken, opened)
	_, err = v.Open(vault.Sealed{Row: one.Row, Ciphertext: link.Ciphertext})
	require.ErrorContains(t, err, "open items/itm_1", "an Item's link token is not its access token")
}

func TestVault_refusesAChangedBit(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	sealed, err := v.SealToken("itm_1", theToken)
	require.NoError(t, err)
	for i := range sealed.Ciphertext {
		bent := vault.Sealed{Row: sealed.Row, Ciphertext: bytes.Clone(sealed.Ciphertext)}
		bent.Ciphertext[i] ^= 1
		_, err := v.Open(bent)
		require.Error(t, err, "byte %d", i)
	}
	again, err := v.SealToken("itm_1", theToken)
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
	require.NoError(t, vault.CreateKeyset(file))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, vault.CreateKeyset(file))
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestFromKeyset_refusesWhatIsNoKeyset(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keyset.json")
	_, err := vault.FromKeyset(file)
	require.ErrorContains(t, err, "read keyset")
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	_, err = vault.FromKeyset(file)
	require.ErrorContains(t, err, file)
}

func TestVault_bodyOpensOnlyForItsDelivery(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	body := []byte(`{"webhook_type":"ITEM"}`)
	sealed, err := v.SealBody([]byte("delivery 1"), body)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "webhook_type")
	opened, err := v.OpenBody([]byte("delivery 1"), sealed)
	require.NoError(t, err)
	require.Equal(t, body, opened)

	_, err = v.OpenBody([]byte("delivery 2"), sealed)
	require.ErrorContains(t, err, "open inbox/64656c69766572792032")
	_, err = v.Open(vault.Sealed{Row: "items/itm_1", Ciphertext: sealed})
	require.Error(t, err)
}
