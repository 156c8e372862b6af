package plaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/plaid"
)

func TestCheck_isOneQuestion(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK,
		`{"item":{"item_id":"itm_1","error":{"error_code":"ITEM_LOGIN_REQUIRED"},"webhook":"https://relink.example/webhooks/plaid/sandbox"},
		"status":{"transactions":{"last_successful_update":"2026-11-20T08:00:00Z"}},"request_id":"r"}`)})
	got, err := clientOf(t, options(f.URL)).Check(t.Context(), sealed(t))
	require.NoError(t, err)
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	require.Equal(t, item.Check{
		Status:  item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED", DataAt: at},
		Webhook: "https://relink.example/webhooks/plaid/sandbox", DataAt: at,
	}, got)

	f = serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK, healthy)})
	got, err = clientOf(t, options(f.URL)).Check(t.Context(), sealed(t))
	require.NoError(t, err)
	require.Equal(t, item.Check{}, got)
	require.Equal(t, []string{"/item/get"}, f.paths(), "accounts are not asked for")
}

func TestCheck_ofAnItemThatIsGoneIsNoError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, code string
		want       item.PlaidStatus
	}{
		{"ITEM_ERROR", "ITEM_NOT_FOUND", item.PlaidStatus{Gone: true}},
		{"INVALID_INPUT", "USER_PERMISSION_REVOKED", item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}},
	} {
		f := serve(t, map[string]http.HandlerFunc{"/item/get": refuse(c.kind, c.code)})
		got, err := clientOf(t, options(f.URL)).Check(t.Context(), sealed(t))
		require.NoError(t, err)
		require.Equal(t, item.Check{Status: c.want}, got)
	}
	f := serve(t, map[string]http.HandlerFunc{"/item/get": refuse("RATE_LIMIT_EXCEEDED", "ITEM_GET_LIMIT")})
	_, err := clientOf(t, options(f.URL)).Check(t.Context(), sealed(t))
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	_, throttled := e.Throttled()
	require.True(t, throttled)
}

func TestRemove_canBeRepeated(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		text   string // of the error; empty: none
	}{
		"removed":           {responds(http.StatusOK, `{"request_id":"r"}`), ""},
		"gone already":      {refuse("ITEM_ERROR", "ITEM_NOT_FOUND"), ""},
		"removed by others": {refuse("ITEM_ERROR", "ITEM_CONCURRENTLY_DELETED"), ""},
		"not our token": {
			refuse("INVALID_INPUT", "INVALID_ACCESS_TOKEN"), "remove item: plaid: INVALID_ACCESS_TOKEN (status 400, request req1)",
		},
		"an empty response": {responds(http.StatusOK, ""), "remove item: plaid: unreadable response (status 200)"},
	}
	for name, tc := range cases {
		f := serve(t, map[string]http.HandlerFunc{"/item/remove": tc.answer})
		err := clientOf(t, options(f.URL)).Remove(t.Context(), sealed(t))
		if tc.text == "" {
			require.NoError(t, err, name)
		} else {
			require.EqualError(t, err, tc.text, name)
		}
		require.Equal(t, theToken, f.requests()[0].Body["access_token"])
	}
}

func TestUpdateWebhook_aURLIsReplacedAndNeverTakenAway(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/webhook/update": responds(http.StatusOK, healthy)})
	client := clientOf(t, options(f.URL))
	require.NoError(t, client.UpdateWebhook(t.Context(), sealed(t), "https://relink.example/webhooks/plaid/sandbox"))
	require.Equal(t, map[string]any{
		"access_token": theToken, "webhook": "https://relink.example/webhooks/plaid/sandbox",
	}, f.requests()[0].Body)
	require.ErrorContains(t, client.UpdateWebhook(t.Context(), sealed(t), ""), "a URL is required")
	require.Len(t, f.requests(), 1)

	f = serve(t, map[string]http.HandlerFunc{"/item/webhook/update": responds(http.StatusOK, `{"request_id":"r"}`)})
	err := clientOf(t, options(f.URL)).UpdateWebhook(t.Context(), sealed(t), "https://relink.example")
	require.EqualError(t, err, "update webhook: plaid: unreadable response (status 200)")
}
