package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/vault"
)

func minted(id item.ID, n byte, at time.Time) linksession.Minted {
	return linksession.Minted{
		ItemID: id, Token: vault.Sealed{Row: linksession.TokenRow(id), Ciphertext: []byte{n}}, Hash: []byte{n},
		MerchantID: "m1", Slot: "s", Browser: []byte{n, n},
		LinkExpires: at.Add(time.Hour), MintedAt: at, ExpiresAt: at.Add(30 * time.Minute),
	}
}

func TestLinkTokens_areFoundByBrowserMerchantAndHash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m1"))
	require.NoError(t, err)
	now := time.Now().UTC().Truncate(time.Microsecond)
	first, second, over := minted("itm_1", 1, now.Add(-time.Minute)), minted("itm_1", 2, now), minted("itm_1", 3, now.Add(-time.Hour))
	second.Hosted = true
	for _, l := range []linksession.Minted{first, second, over} {
		require.NoError(t, b.KeepLinkToken(t.Context(), l))
	}
	got, err := b.LinkInBrowser(t.Context(), first.Browser)
	require.NoError(t, err)
	require.Equal(t, first.Hash, got.Hash)
	require.Equal(t, first.Token, got.Token)
	require.True(t, first.LinkExpires.Equal(got.LinkExpires))
	require.False(t, got.Hosted || got.Ended)
	_, err = b.LinkInBrowser(t.Context(), over.Browser)
	require.ErrorIs(t, err, item.ErrUnknown)
	got, err = b.LinkOfMerchant(t.Context(), "m1")
	require.NoError(t, err)
	require.Equal(t, second.Hash, got.Hash)
	require.True(t, got.Hosted)
	_, err = b.LinkOfMerchant(t.Context(), "m2")
	require.ErrorIs(t, err, item.ErrUnknown)

	require.NoError(t, b.EndLink(t.Context(), first.Hash))
	got, err = b.LinkInBrowser(t.Context(), first.Browser)
	require.NoError(t, err)
	require.True(t, got.Ended)
	id, err := b.ItemOfLinkToken(t.Context(), over.Hash)
	require.NoError(t, err, "a webhook may be late")
	require.Equal(t, item.ID("itm_1"), id)
	_, err = b.ItemOfLinkToken(t.Context(), []byte{9})
	require.ErrorIs(t, err, item.ErrUnknown)
}
