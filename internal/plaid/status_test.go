package plaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/vault"
)

func TestStatus_isWhatItemGetSays(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		want item.PlaidStatus
	}{
		"healthy": {healthy, item.PlaidStatus{}},
		"broken, with its reason": {
			`{"item":{"item_id":"itm_1","error":{"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED",
				"error_code_reason":"OAUTH_CONSENT_EXPIRED","error_message":"m","display_message":null}},"request_id":"r"}`,
			item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_CONSENT_EXPIRED"},
		},
		"consent that ends, in UTC": {
			`{"item":{"item_id":"itm_1","error":null,"consent_expiration_time":"2026-12-01T10:00:00+01:00"},"request_id":"r"}`,
			item.PlaidStatus{ConsentExpiresAt: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)},
		},
		"the bank wants the merchant each time": {
			`{"item":{"item_id":"itm_1","error":null,"update_type":"user_present_required"},"request_id":"r"}`,
			item.PlaidStatus{UserPresent: true},
		},
		"and otherwise not": {
			`{"item":{"item_id":"itm_1","error":null,"update_type":"background"},"request_id":"r"}`, item.PlaidStatus{},
		},
		"the newest data, in UTC, beside an error": {
			`{"item":{"item_id":"itm_1","error":{"error_code":"ITEM_LOGIN_REQUIRED"}},"request_id":"r","status":{
				"transactions":{"last_successful_update":"2026-11-20T08:00:00Z","last_failed_update":"2026-11-22T08:00:00Z"},
				"investments":{"last_successful_update":"2026-11-21T09:00:00+01:00","last_failed_update":null},
				"last_webhook":{"sent_at":"2026-11-22T08:00:00Z","code_sent":"ERROR"}}}`,
			item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED", DataAt: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)},
		},
		"no data yet": {
			`{"item":{"item_id":"itm_1","error":null},"status":{"transactions":{"last_successful_update":null},` +
				`"investments":null},"request_id":"r"}`,
			item.PlaidStatus{},
		},
		"a code and fields of tomorrow": {
			`{"item":{"item_id":"itm_1","mood":"sad","error":{"error_type":"NEW_TYPE","error_code":"NEW_CODE"}},"request_id":"r"}`,
			item.PlaidStatus{ErrorCode: "NEW_CODE"},
		},
		"an error without a code is no health": {
			`{"item":{"item_id":"itm_1","error":{}},"request_id":"r"}`,
			item.PlaidStatus{ErrorCode: "UNNAMED_ERROR"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK, tc.body)})
			status, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), false)
			require.NoError(t, err)
			require.Equal(t, tc.want, status)
			require.Equal(t, theToken, f.requests()[0].Body["access_token"], "the token is opened for the call")
		})
	}
}

func TestStatus_itemThatPlaidNoLongerKnowsIsNoError(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ITEM_NOT_FOUND", "ITEM_CONCURRENTLY_DELETED"} {
		f := serve(t, map[string]http.HandlerFunc{"/item/get": refuse("ITEM_ERROR", code)})
		status, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
		require.NoError(t, err)
		require.Equal(t, item.PlaidStatus{Gone: true}, status)
	}
}

func TestStatus_itemRemovedBetweenTheTwoCallsIsGone(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"/item/get": responds(http.StatusOK, healthy), "/accounts/get": refuse("ITEM_ERROR", "ITEM_NOT_FOUND"),
	})
	status, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
	require.NoError(t, err)
	require.Equal(t, item.PlaidStatus{Gone: true}, status)
}

func TestStatus_refusedAccessTokenIsOurFault(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": refuse("INVALID_INPUT", "INVALID_ACCESS_TOKEN")})
	_, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.OurFault())
	require.False(t, e.Final())
}

func TestStatus_revokedItemIsNoErrorInAnyForm(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": refuse("INVALID_INPUT", "USER_PERMISSION_REVOKED")})
	status, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
	require.NoError(t, err)
	require.Equal(t, item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}, status)
}

func TestStatus_accountsAreAskedForOnlyWhenTheItemIsHealthyAndTheyMatter(t *testing.T) {
	t.Parallel()
	broken := `{"item":{"item_id":"itm_1","error":{"error_code":"ITEM_LOGIN_REQUIRED"}},"request_id":"r"}`
	cases := []struct {
		item     string
		accounts bool
		want     []string
	}{
		{healthy, false, []string{"/item/get"}},
		{healthy, true, []string{"/item/get", "/accounts/get"}},
		{broken, true, []string{"/item/get"}},
	}
	for _, tc := range cases {
		f := serve(t, map[string]http.HandlerFunc{
			"/item/get": responds(http.StatusOK, tc.item), "/accounts/get": responds(http.StatusOK, accounts),
		})
		_, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), tc.accounts)
		require.NoError(t, err)
		require.Equal(t, tc.want, f.paths())
	}
}

func TestStatus_aHealthyItemWithoutAccountsIsBroken(t *testing.T) {
	t.Parallel()
	ends := `{"item":{"item_id":"itm_1","error":null,"consent_expiration_time":"2026-12-01T09:00:00Z"},"request_id":"r1"}`
	for kind, code := range map[string]string{"ITEM_ERROR": "NO_ACCOUNTS", "INSTITUTION_ERROR": "INSTITUTION_DOWN"} {
		f := serve(t, map[string]http.HandlerFunc{
			"/item/get": responds(http.StatusOK, ends), "/accounts/get": refuse(kind, code),
		})
		status, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
		require.NoError(t, err)
		require.Equal(t, item.PlaidStatus{ErrorCode: code, ConsentExpiresAt: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}, status)
	}
}

func TestStatus_accountsThatAreNotReadyYetAreAskedForAgain(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"/item/get": responds(http.StatusOK, healthy), "/accounts/get": refuse("ITEM_ERROR", "PRODUCT_NOT_READY"),
	})
	_, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.False(t, e.Final())
	require.False(t, e.OurFault())
}

func TestStatus_responseWithoutAnItemIsNoProofOfHealth(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{"no body": "", "empty": "{}", "null": "null", "no item": `{"request_id":"r"}`}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK, body)})
			_, err := clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), false)
			require.EqualError(t, err, "get item: plaid: unreadable response (status 200)")

			f = serve(t, map[string]http.HandlerFunc{
				"/item/get": responds(http.StatusOK, healthy), "/accounts/get": responds(http.StatusOK, ""),
			})
			_, err = clientOf(t, options(f.URL)).Status(t.Context(), sealed(t), true)
			require.EqualError(t, err, "get accounts: plaid: unreadable response (status 200)")
		})
	}
}

func TestStatus_aTokenThatDoesNotOpenIsNeverSent(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	_, err := clientOf(t, options(f.URL)).Status(t.Context(), vault.Sealed{}, true)
	require.ErrorContains(t, err, "nothing on the shelf")
	var e *plaid.Error
	require.NotErrorAs(t, err, &e, "Plaid was not asked")
	require.Empty(t, f.requests())
}
