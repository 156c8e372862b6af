package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

// chosen is what /control/breakall and /control/healall answer.
type chosen struct {
	Count    int
	ItemIDs  []string `json:"item_ids"`
	Webhooks int
}

func (b *rig) many(control string, fields map[string]any) chosen {
	b.t.Helper()
	var got chosen
	require.Equal(b.t, http.StatusOK, b.post("/control/"+control, fields, &got))
	require.Len(b.t, got.ItemIDs, got.Count)
	return got
}

func TestManyItemsBreakAndHealAtOnce(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	var tokens, ids []string
	for range 10 {
		b.clock.advance(time.Second)
		accessToken, itemID := b.newItem(platypus, b.receiver.url)
		tokens, ids = append(tokens, accessToken), append(ids, itemID)
	}
	b.clock.advance(time.Second)
	silent, silentID := b.newItem(platypus, "")
	elsewhere, elsewhereID := b.newItem(platypusOAuth, b.receiver.url)
	removed, _ := b.newItem(platypus, b.receiver.url)
	_, _, err := b.api.ItemRemove(t.Context()).ItemRemoveRequest(*plaid.NewItemRemoveRequest(removed)).Execute()
	require.NoError(t, err)

	here := map[string]any{"institution_id": platypus, "error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED"}
	got := b.many("breakall", here)
	require.Equal(t, append(ids, silentID), got.ItemIDs, "in the order of their creation, and none that was removed")
	require.Equal(t, 10, got.Webhooks)
	for i, accessToken := range tokens {
		require.Equal(t, "OAUTH_CONSENT_EXPIRED", b.item(accessToken).Item.Error.Get().GetErrorCodeReason())
		require.Len(t, b.deliveries(ids[i]), 1)
	}
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(silent))
	require.Empty(t, b.itemError(elsewhere))

	require.Equal(t, chosen{Count: 3, ItemIDs: []string{ids[3], ids[6], ids[9]}}, b.many("healall", map[string]any{"institution_id": platypus, "share": 0.3}),
		"the share rounded down, spread evenly")
	require.Equal(t, 8, b.many("healall", map[string]any{"institution_id": platypus}).Count, "only those still broken")
	require.Empty(t, b.many("healall", map[string]any{}).ItemIDs)
	require.Empty(t, b.itemError(tokens[0]))

	quietly := map[string]any{"error_code": "INSTITUTION_DOWN", "webhook": false, "share": 0.5}
	first := b.many("breakall", quietly)
	require.Equal(t, 6, first.Count, "of all institutions")
	require.Zero(t, first.Webhooks)
	require.Equal(t, first, b.many("breakall", quietly), "the same share is the same Items")
	require.Contains(t, b.many("breakall", map[string]any{"error_code": "NO_ACCOUNTS"}).ItemIDs, elsewhereID)
	require.Len(t, b.deliveries(ids[0]), 2)
}
