package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowReceiver tells of each webhook and answers 200, but not before release is closed.
func slowReceiver(t *testing.T, release <-chan struct{}, arrived chan<- struct{}) (url string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(web.Close)
	return web.URL
}

func TestTheRequestLogKnowsPathsItemsAndStatusesButNoTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	_, otherItem := b.newItem(platypus, "")
	b.item(accessToken)
	token := b.updateToken(accessToken)
	b.linkToken(token)
	b.step("start", map[string]any{"link_token": token})
	require.Equal(t, 404, b.post("/"+accessToken, map[string]any{}, nil))
	require.Equal(t, 400, b.post("/item/get", map[string]any{"client_id": "client", "secret": "wrong", "access_token": accessToken}, nil))

	type entry struct {
		Time   time.Time
		Path   string
		ItemID string `json:"item_id"`
		Status int
	}
	list := func(query string) []entry {
		var log struct{ Requests []entry }
		b.get("/control/requests"+query, &log)
		return log.Requests
	}
	var paths []string
	for _, e := range list("?item_id=" + itemID) {
		require.Equal(t, 200, e.Status)
		require.True(t, b.clock.Now().Equal(e.Time))
		paths = append(paths, e.Path)
	}
	require.Equal(t, []string{
		"/sandbox/public_token/create", "/item/public_token/exchange", "/item/get", "/link/token/create", "/link/token/get", "/link/session/start",
	}, paths)
	require.Len(t, list("?item_id="+otherItem), 2)
	require.Len(t, list("?path=/item/get"), 2)
	require.Len(t, list("?path=/item/get&item_id="+itemID), 1)
	require.Equal(t, 400, list("?path=/item/get")[1].Status)

	_, whole := fetch(t, b.url+"/control/requests")
	for _, secret := range []string{accessToken, token, "access-sandbox-", "link-sandbox-", "public-sandbox-", "wrong"} {
		require.NotContains(t, whole, secret)
	}
}

func TestControlsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	_, silent := b.newItem(platypus, "")
	for name, test := range map[string]struct {
		path   string
		body   map[string]any
		status int
	}{
		"unknown Item":            {"/control/break", map[string]any{"item_id": "nobody", "error_code": "ITEM_LOGIN_REQUIRED"}, 404},
		"no error code":           {"/control/break", map[string]any{"item_id": itemID}, 400},
		"misspelled field":        {"/control/break", map[string]any{"item_id": itemID, "error_code": "X", "webhok": false}, 400},
		"heal of an unknown Item": {"/control/heal", map[string]any{"item_id": "nobody"}, 404},
		"fire without a code":     {"/control/fire", map[string]any{"item_id": itemID}, 400},
		"fire without a URL":      {"/control/fire", map[string]any{"item_id": silent, "webhook_code": "ERROR"}, 400},
		"unknown signing":         {"/control/fire", map[string]any{"item_id": itemID, "webhook_code": "ERROR", "sign": "maybe"}, 400},
		"too often":               {"/control/fire", map[string]any{"item_id": itemID, "webhook_code": "ERROR", "times": 1001}, 400},
		"too late":                {"/control/fire", map[string]any{"item_id": itemID, "webhook_code": "ERROR", "delay_ms": 60_001}, 400},
		"repeat of nothing":       {"/control/fire", map[string]any{"repeat_of": "nothing"}, 404},
		"repeat with an Item":     {"/control/fire", map[string]any{"repeat_of": "x", "item_id": itemID}, 400},
		"unknown outcome":         {"/control/link", map[string]any{"link_token": "x", "outcome": "maybe"}, 400},
	} {
		var answer struct{ Error string }
		require.Equal(t, test.status, b.post(test.path, test.body, &answer), name)
		require.NotEmpty(t, answer.Error, name)
	}
	require.Empty(t, b.receiver.all())
}

func TestAnUnknownErrorCodeIsAnItemError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "BRAND_NEW_CODE"}, nil)
	failure := b.item(accessToken).Item.Error.Get()
	require.Equal(t, "ITEM_ERROR", string(failure.ErrorType))
	require.Equal(t, "BRAND_NEW_CODE", failure.ErrorCode)
}
