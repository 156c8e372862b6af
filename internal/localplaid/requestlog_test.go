package localplaid_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// calls is what /control/requests counted.
type calls struct {
	Requests []struct{ Path string }
	Count    int
	Counts   []struct {
		Path   string
		ItemID string `json:"item_id"`
		Status int
		Count  int
	}
}

func (c calls) status(status int) (n int) {
	for _, kind := range c.Counts {
		if kind.Status == status {
			n += kind.Count
		}
	}
	return n
}

func (b *rig) calls(query string) calls {
	b.t.Helper()
	var got calls
	b.get("/control/requests"+query, &got)
	return got
}

func TestRequestLog_countsExactlyThoughItForgets(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	b.server.Remember(10)
	accessToken, itemID := b.newItem(platypus, "")
	other, otherItem := b.newItem(platypus, "")
	for range 30 {
		b.item(accessToken)
	}
	for range 12 {
		b.item(other)
	}
	b.fault("/item/get", 1, map[string]any{"status": 500})
	b.post("/item/get", map[string]any{"client_id": "client", "secret": "secret", "access_token": other}, nil)

	require.Equal(t, 30, b.calls("?path=/item/get&item_id="+itemID).Count)
	require.Equal(t, 43, b.calls("?path=/item/get").Count)
	require.Equal(t, 1, b.calls("?path=/item/get&item_id="+otherItem).status(500))
	require.Equal(t, 12, b.calls("?path=/item/get&item_id="+otherItem).status(200))
	all := b.calls("")
	require.Equal(t, 47, all.Count)
	require.NotEmpty(t, all.Requests)
	require.LessOrEqual(t, len(all.Requests), 10)
	counted := b.calls("?count=1")
	require.Equal(t, all.Counts, counted.Counts)
	require.Empty(t, counted.Requests, "only the counts were asked for")
	require.Zero(t, b.calls("?path=/accounts/get").Count)
}

func TestRequestLog_holdsPathsItemsAndStatusesButNoTokens(t *testing.T) {
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
		"/sandbox/public_token/create",
		"/item/public_token/exchange",
		"/item/get",
		"/link/token/create",
		"/link/token/get",
		"/link/session/start",
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
