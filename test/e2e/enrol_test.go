package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

// linkedElsewhere links an Item as a platform with a Link of its own does.
func (s *stack) linkedElsewhere(t *testing.T, ctx context.Context, webhookURL string) map[string]any {
	t.Helper()
	public, err := s.PublicToken(ctx, "ins_109508", webhookURL)
	require.NoError(t, err)
	var linked struct {
		ItemID      string `json:"item_id"`
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, blackbox.Call(ctx, "POST", s.Sandbox+"/item/public_token/exchange", "", map[string]any{
		"client_id": s.ClientID, "secret": s.Secret, "public_token": public,
	}, &linked))
	return map[string]any{"item_id": linked.ItemID, "access_token": linked.AccessToken, "merchant": blueBottle}
}

func TestEnrol_adoptedItemIsKeptConnected(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	linked := s.linkedElsewhere(t, ctx, s.WebhookURL())
	var it blackbox.Item
	for _, status := range []int{http.StatusCreated, http.StatusOK} {
		enrolled := s.askAsPlatform(t, ctx, "POST", "items", linked)
		require.Equal(t, status, enrolled.status, enrolled.body)
		require.NotContains(t, enrolled.body, "webhook_url_differs")
		enrolled.decoded(t, &it)
	}
	require.Equal(t, linked["item_id"], it.ID)
	other := s.linkedElsewhere(t, ctx, s.Sandbox+"/nobody")
	require.Contains(t, s.askAsPlatform(t, ctx, "POST", "items", other).body, `"webhook_url_differs":true`)
	other["item_id"] = it.ID
	mixed := s.askAsPlatform(t, ctx, "POST", "items", other)
	require.Equal(t, http.StatusUnprocessableEntity, mixed.status, mixed.body)
	require.Equal(t, linked["access_token"], s.accessToken(t, ctx, it), "the token of another Item is not taken")

	_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	first, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err := first.DeepLink()
	require.NoError(t, err)
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	_, err = s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	entry, err := s.AwaitMoment(ctx, it.ID, "access_token_shown", 1)
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"by":%q,"reason":"the nightly import"}`, "platform"), string(entry.Data))
}

func TestEnrol_repeatedFirstLinkIsOneItem(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	twice := func(path, key string, in map[string]any) answer {
		t.Helper()
		first := s.askAsPlatform(t, ctx, "POST", path, in, "Idempotency-Key: "+key)
		require.Equal(t, first, s.askAsPlatform(t, ctx, "POST", path, in, "Idempotency-Key: "+key))
		return first
	}
	var minted struct {
		LinkToken string `json:"link_token"`
	}
	answered := twice("link-tokens", "link-1", map[string]any{"merchant": blueBottle, "required_accounts": []string{"checking"}})
	require.Equal(t, http.StatusOK, answered.status, answered.body)
	answered.decoded(t, &minted)
	calls, err := s.Calls(ctx, "/link/token/create")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"": 1}, calls)
	played, err := s.PlayLink(ctx, minted.LinkToken, "user_good", "pass_good")
	require.NoError(t, err)
	require.Equal(t, "onSuccess", played.Callback)

	in := map[string]any{
		"public_token": played.PublicToken, "merchant_id": blueBottle.ID, "link_token": minted.LinkToken,
		"consent": map[string]any{"who": "Ada", "at": "2026-01-02T03:04:05Z", "copy_version": "7"},
	}
	answered = twice("items", "item-1", in)
	require.Equal(t, http.StatusCreated, answered.status, answered.body)
	require.Contains(t, answered.body, `"required_accounts":["checking"]`)
	var it, again blackbox.Item
	answered.decoded(t, &it)
	require.Equal(t, "/v1/items/"+it.ID, answered.header.Get("Location"))
	anew := s.askAsPlatform(t, ctx, "POST", "items", in, "Idempotency-Key: item-2")
	require.Equal(t, http.StatusOK, anew.status, anew.body)
	anew.decoded(t, &again)
	require.Equal(t, it.ID, again.ID)
	in["merchant_id"] = "somebody-else"
	other := s.askAsPlatform(t, ctx, "POST", "items", in, "Idempotency-Key: item-1")
	require.Equal(t, http.StatusUnprocessableEntity, other.status)
	require.Contains(t, other.body, "urn:relink:problem:idempotency_key_reused")
	require.Equal(t, 1, s.counted(t, ctx, `SELECT count(*) FROM items`))
	calls, err = s.Calls(ctx, "/item/public_token/exchange")
	require.NoError(t, err)
	total := 0
	for _, n := range calls {
		total += n
	}
	require.Equal(t, 1, total)

	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	_, err = s.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err, "its webhooks come here")
}
