package localplaid_test

import (
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func TestLinkToken_withoutAnItemMakesANewOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.play(map[string]any{"link_token": b.newToken(), "username": "user_good", "password": "pass_good", "institution_id": "ins_109511"})
	require.Equal(t, "onSuccess", got.Callback)
	accessToken, _ := b.exchange(got.PublicToken)
	item := b.item(accessToken).Item
	require.Equal(t, "ins_109511", *item.InstitutionId.Get())
	require.Equal(t, b.receiver.url, *item.Webhook.Get())
	require.Equal(t, []plaid.Products{plaid.PRODUCTS_TRANSACTIONS}, item.GetProducts())
}

func TestLinkToken_livesAsLongAsPlaids(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	update, fresh := b.updateToken(accessToken), b.newToken()
	require.Equal(t, b.clock.Now().Add(30*time.Minute), *b.linkToken(update).Expiration.Get())
	require.Equal(t, b.clock.Now().Add(4*time.Hour), *b.linkToken(fresh).Expiration.Get())

	opens := func(token string) bool {
		got := b.play(map[string]any{"link_token": token, "outcome": "exit"})
		return got.Error == nil || got.Error.ErrorCode != "INVALID_LINK_TOKEN"
	}
	b.clock.advance(30*time.Minute - time.Millisecond)
	require.True(t, opens(update))
	b.clock.advance(time.Millisecond)
	require.False(t, opens(update), "an update-mode link token dies after 30 minutes")
	require.True(t, opens(fresh))
	b.clock.advance(4 * time.Hour)
	require.False(t, opens(fresh), "a link token for a new Item dies after 4 hours")
	require.Len(t, *b.linkToken(update).LinkSessions, 1, "sessions stay readable")
}

func TestPublicToken_worksOnceAndForHalfAnHour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	exchange := func(token string) error {
		_, _, err := b.api.ItemPublicTokenExchange(t.Context()).
			ItemPublicTokenExchangeRequest(*plaid.NewItemPublicTokenExchangeRequest(token)).
			Execute()
		return err
	}
	link := func() string {
		return b.play(map[string]any{"link_token": b.newToken(), "username": "user_good", "password": "pass_good"}).PublicToken
	}
	once := link()
	require.NoError(t, exchange(once))
	require.Equal(t, "INVALID_PUBLIC_TOKEN", plaidFailure(t, exchange(once)).ErrorCode)
	late := link()
	b.clock.advance(30 * time.Minute)
	require.Equal(t, "INVALID_PUBLIC_TOKEN", plaidFailure(t, exchange(late)).ErrorCode)
}
