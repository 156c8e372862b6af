package plaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/plaid"
)

func updateLink(t *testing.T) plaid.UpdateLink {
	t.Helper()
	return plaid.UpdateLink{ItemID: "itm_1", Sealed: sealed(t), MerchantID: "m_42", Language: "en"}
}

func TestUpdateLinkToken_namesTheItemAndNoProducts(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/create": responds(http.StatusOK,
		`{"link_token":"link-sandbox-1","expiration":"2026-11-22T09:30:00Z","request_id":"r"}`)})
	c := clientOf(t, options(f.URL))
	got, err := c.UpdateLinkToken(t.Context(), updateLink(t))
	require.NoError(t, err)
	require.Equal(t, "link-sandbox-1", got.Token.Reveal())
	require.Equal(t, time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), got.ExpiresAt)
	require.Equal(t, "link_tokens/itm_1", got.Sealed.Row)
	kept, err := shelf{}.Open(got.Sealed)
	require.NoError(t, err)
	require.Equal(t, "link-sandbox-1", kept)
	require.Equal(t, map[string]any{
		"client_name": "Acme Capital", "language": "en", "country_codes": []any{"US"},
		"user": map[string]any{"client_user_id": "m_42"}, "access_token": theToken,
	}, f.requests()[0].Body)

	in := updateLink(t)
	in.CountryCodes, in.AccountSelection, in.RedirectURI = []string{"CA", "US"}, true, "https://relink.example/relink/return"
	_, err = c.UpdateLinkToken(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"client_name": "Acme Capital", "language": "en", "country_codes": []any{"CA", "US"},
		"user": map[string]any{"client_user_id": "m_42"}, "access_token": theToken,
		"update":       map[string]any{"account_selection_enabled": true},
		"redirect_uri": "https://relink.example/relink/return",
	}, f.requests()[1].Body)
}

func TestUpdateLinkToken_oneThatOpensNothingIsNotHandedOut(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/create": responds(http.StatusOK, `{"request_id":"r"}`)})
	c := clientOf(t, options(f.URL))
	_, err := c.UpdateLinkToken(t.Context(), updateLink(t))
	require.EqualError(t, err, "create link token: plaid: unreadable response (status 200)")
	_, err = c.UpdateLinkToken(t.Context(), plaid.UpdateLink{Sealed: sealed(t)})
	require.ErrorContains(t, err, "item, merchant and language are required")
	require.Len(t, f.requests(), 1)
}

func TestUpdateLinkToken_oneThatCannotBeKeptIsNotHandedOut(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/create": responds(http.StatusOK,
		`{"link_token":"link-sandbox-1","expiration":"2026-11-22T09:30:00Z","request_id":"r"}`)})
	in := updateLink(t)
	in.ItemID = "itm_unsealable"
	got, err := clientOf(t, options(f.URL)).UpdateLinkToken(t.Context(), in)
	require.EqualError(t, err, "seal link token: the shelf is full")
	require.Zero(t, got)
}

func TestUpdateLinkToken_hostedLinkIsAskedForWithItsReturnAndItsLife(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/create": responds(http.StatusOK,
		`{"link_token":"link-sandbox-1","expiration":"2026-11-22T09:30:00Z",`+
			`"hosted_link_url":"https://secure.plaid.com/hl/1","request_id":"r"}`)})
	in := updateLink(t)
	in.HostedReturn, in.Webhook = "https://relink.example/relink/return", "https://relink.example/webhooks/plaid/sandbox"
	got, err := clientOf(t, options(f.URL)).UpdateLinkToken(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "https://secure.plaid.com/hl/1", got.HostedURL.Reveal())
	require.Equal(t, map[string]any{
		"completion_redirect_uri": in.HostedReturn, "url_lifetime_seconds": 1800.,
	}, f.requests()[0].Body["hosted_link"])
	require.Equal(t, in.Webhook, f.requests()[0].Body["webhook"])

	none := serve(t, map[string]http.HandlerFunc{"/link/token/create": responds(http.StatusOK,
		`{"link_token":"link-sandbox-1","expiration":"2026-11-22T09:30:00Z","request_id":"r"}`)})
	_, err = clientOf(t, options(none.URL)).UpdateLinkToken(t.Context(), in)
	require.EqualError(t, err, "create link token: plaid: unreadable response (status 200)")
}

func TestLinkLanguage_isTheMerchantsWhereLinkSpeaksIt(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"en-US": "en", "es": "es", "fr_CA": "fr", "DE-at": "de", "nb-NO": "no", "pt-BR": "pt",
		"ja-JP": "en", "zh": "en", "": "en", "english": "en",
	} {
		require.Equal(t, want, plaid.LinkLanguage(locale), locale)
	}
}
