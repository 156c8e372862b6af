package plaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
)

func newLink() plaid.NewLink {
	return plaid.NewLink{
		MerchantID: "m_42", Language: "fr", CountryCodes: []string{"CA"}, Products: []string{"transactions", "auth"},
		RedirectURI: "https://platform.example/oauth", Webhook: "https://relink.example/webhooks/plaid/sandbox",
	}
}

func TestNewLinkToken_namesProductsAndOurWebhookAndNoItem(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/create": responds(http.StatusOK,
		`{"link_token":"link-sandbox-1","expiration":"2026-11-22T13:30:00Z","request_id":"r"}`)})
	got, err := clientOf(t, options(f.URL)).NewLinkToken(t.Context(), newLink())
	require.NoError(t, err)
	require.Equal(t, "link-sandbox-1", got.Token.Reveal())
	require.Equal(t, time.Date(2026, 11, 22, 13, 30, 0, 0, time.UTC), got.ExpiresAt)
	require.Equal(t, linksession.FirstLinkRow("m_42"), got.Sealed.Row)
	require.Equal(t, plaid.HashToken("link-sandbox-1"), got.Hash)
	require.Equal(t, map[string]any{
		"client_name": "Acme Capital", "language": "fr", "country_codes": []any{"CA"}, "products": []any{"transactions", "auth"},
		"user": map[string]any{"client_user_id": "m_42"}, "webhook": "https://relink.example/webhooks/plaid/sandbox",
		"redirect_uri": "https://platform.example/oauth",
	}, f.requests()[0].Body)
}

func TestNewLinkToken_withoutOurWebhookIsNotAskedFor(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	in := newLink()
	in.Webhook = ""
	_, err := clientOf(t, options(f.URL)).NewLinkToken(t.Context(), in)
	require.ErrorContains(t, err, "merchant, language, products and webhook are required")
	require.Empty(t, f.requests())
}

func TestAccounts_comeInPlaidsOrderAlsoWithTheTruth(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"/item/get": responds(http.StatusOK, healthy),
		"/accounts/get": responds(http.StatusOK, `{"accounts":[
			{"account_id":"b","name":"Checking","mask":"0000","type":"depository","subtype":"checking","balances":{},"official_name":null},
			{"account_id":"a","name":"Saving","mask":null,"type":"depository","subtype":null,"balances":{},"official_name":null}],
			"item":{"item_id":"itm_1","error":null},"request_id":"r2"}`),
	})
	want := []item.Account{{ID: "b", Name: "Checking", Mask: "0000", Subtype: "checking"}, {ID: "a", Name: "Saving"}}
	client := clientOf(t, options(f.URL))
	got, err := client.Accounts(t.Context(), sealed(t))
	require.NoError(t, err)
	require.Equal(t, want, got)
	status, err := client.Status(t.Context(), sealed(t), true)
	require.NoError(t, err)
	require.Equal(t, item.PlaidStatus{Accounts: want}, status)
}
