package blackbox_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/localplaid"
)

const platypus = "ins_109508"

// keyed is a body of Plaid's own API.
func keyed(fields map[string]any) map[string]any {
	fields["client_id"], fields["secret"] = "sandbox", "sandbox"
	return fields
}

// plaidWorld is a local Plaid with so many Items.
func plaidWorld(t *testing.T, items int) (w blackbox.Client, tokens, ids []string) {
	t.Helper()
	server, err := localplaid.New(localplaid.Options{})
	require.NoError(t, err)
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	w = blackbox.Client{Sandbox: web.URL}
	for range items {
		var created struct {
			PublicToken string `json:"public_token"`
		}
		require.NoError(t, blackbox.Call(t.Context(), "POST", web.URL+"/sandbox/public_token/create", "",
			keyed(map[string]any{"institution_id": platypus, "initial_products": []string{"transactions"}}), &created))
		var linked struct {
			AccessToken string `json:"access_token"`
			ItemID      string `json:"item_id"`
		}
		require.NoError(t, blackbox.Call(t.Context(), "POST", web.URL+"/item/public_token/exchange", "",
			keyed(map[string]any{"public_token": created.PublicToken}), &linked))
		tokens, ids = append(tokens, linked.AccessToken), append(ids, linked.ItemID)
	}
	return w, tokens, ids
}

func TestBreakAll_breaksAndHealAllHeals(t *testing.T) {
	t.Parallel()
	w, _, ids := plaidWorld(t, 10)
	broken, err := w.BreakAll(t.Context(), platypus, 1, "ITEM_LOGIN_REQUIRED", true)
	require.NoError(t, err)
	require.Equal(t, 10, broken.Count)
	require.ElementsMatch(t, ids, broken.ItemIDs)
	require.Zero(t, broken.Webhooks, "these Items have no URL")
	healed, err := w.HealAll(t.Context(), "", 0.7)
	require.NoError(t, err)
	require.Equal(t, 7, healed.Count)
	require.Subset(t, broken.ItemIDs, healed.ItemIDs)
}

func TestControls_setWhatBankAndPlaidSayOfAnItem(t *testing.T) {
	t.Parallel()
	w, tokens, ids := plaidWorld(t, 1)
	soon := time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC)
	require.NoError(t, w.Bank(t.Context(), platypus, "DOWN"))
	require.Error(t, w.Bank(t.Context(), platypus, "AWAY"))
	require.NoError(t, w.Consent(t.Context(), ids[0], soon))
	require.NoError(t, w.UserPresent(t.Context(), ids[0], true))
	require.NoError(t, w.DataAt(t.Context(), ids[0], soon.AddDate(-1, 0, 0)))

	type said struct {
		Item struct {
			Ends       *time.Time `json:"consent_expiration_time"`
			UpdateType string     `json:"update_type"`
		}
		Status struct {
			Transactions struct {
				At time.Time `json:"last_successful_update"`
			}
		}
	}
	ask := func() (got said) {
		require.NoError(t, blackbox.Call(t.Context(), "POST", w.Sandbox+"/item/get", "", keyed(map[string]any{"access_token": tokens[0]}), &got))
		return got
	}
	got := ask()
	require.True(t, soon.Equal(*got.Item.Ends))
	require.Equal(t, "user_present_required", got.Item.UpdateType)
	require.True(t, soon.AddDate(-1, 0, 0).Equal(got.Status.Transactions.At))
	var refused *blackbox.Status
	require.ErrorAs(
		t,
		blackbox.Call(t.Context(), "POST", w.Sandbox+"/accounts/get", "", keyed(map[string]any{"access_token": tokens[0]}), nil),
		&refused,
	)
	require.Contains(t, refused.Body, "INSTITUTION_DOWN")

	require.NoError(t, w.Consent(t.Context(), ids[0], time.Time{}))
	require.NoError(t, w.UserPresent(t.Context(), ids[0], false))
	got = ask()
	require.Nil(t, got.Item.Ends)
	require.Equal(t, "background", got.Item.UpdateType)
}

func TestPlay_reachesEachEndOfALinkSession(t *testing.T) {
	t.Parallel()
	w, tokens, ids := plaidWorld(t, 1)
	_, err := w.Break(t.Context(), ids[0], "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	var minted struct {
		LinkToken string `json:"link_token"`
	}
	require.NoError(t, blackbox.Call(t.Context(), "POST", w.Sandbox+"/link/token/create", "", keyed(map[string]any{
		"client_name":   "Acme",
		"language":      "en",
		"country_codes": []string{"US"},
		"user":          map[string]any{"client_user_id": "m"},
		"access_token":  tokens[0],
	}), &minted))
	for _, test := range []struct{ outcome, callback, status string }{
		{"exit", "onExit", "requires_credentials"},
		{"wrong_password", "onExit", "requires_credentials"},
		{"abandon", "none", ""},
		{"", "onSuccess", ""},
	} {
		got, err := w.Play(
			t.Context(),
			blackbox.LinkPlay{LinkToken: minted.LinkToken, Username: "user_good", Password: "mfa_device", OTP: "1234", Outcome: test.outcome},
		)
		require.NoError(t, err)
		require.Equal(t, test.callback, got.Callback)
		require.Equal(t, test.status, got.Metadata.Status)
		require.NotEmpty(t, got.Metadata.LinkSessionID)
	}
}
