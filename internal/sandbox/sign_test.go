package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/sandbox/contract"
)

func TestSignHandsOutWhatPlaidWouldSendAndSendsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	_, otherItem := b.newItem(platypus, b.receiver.url+"/other")
	var signed []struct{ Token, Body, URL string }
	require.Equal(t, 200, b.post("/control/sign", map[string]any{"webhooks": []map[string]any{
		{"item_id": itemID, "webhook_type": "ITEM", "webhook_code": "ERROR"},
		{"item_id": otherItem, "webhook_code": "PENDING_DISCONNECT", "fields": map[string]any{"reason": "<INSTITUTION_MIGRATION>"}},
		{"item_id": itemID, "webhook_type": "TRANSACTIONS", "webhook_code": "SYNC_UPDATES_AVAILABLE"},
		{"item_id": itemID, "webhook_code": "ERROR"},
	}}, &signed))
	require.Len(t, signed, 4)
	for _, got := range signed {
		issued, _, err := b.verify(received{token: got.Token, body: []byte(got.Body)})
		require.NoError(t, err)
		require.True(t, b.clock.Now().Equal(issued))
	}
	for _, got := range []int{0, 2, 3} {
		contract.Webhook(t, []byte(signed[got].Body))
		require.Equal(t, b.receiver.url, signed[got].URL)
		require.Contains(t, signed[got].Body, itemID)
	}
	require.Equal(t, b.receiver.url+"/other", signed[1].URL)
	require.Contains(t, signed[1].Body, otherItem)
	require.Equal(t, signed[0].Body, signed[3].Body)
	require.NotEqual(t, signed[0].Token, signed[3].Token, "each is a webhook of its own")
	require.Empty(t, b.deliveries(""))

	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	require.Equal(t, signed[0].Body, string(b.receiver.wait(t, 1).body), "the same as /control/fire sends")
	require.Len(t, b.receiver.all(), 1)
}

func TestSignRefusesWhatItCannotMake(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	_, itemID := b.newItem(platypus, b.receiver.url)
	_, silent := b.newItem(platypus, "")
	good := map[string]any{"item_id": itemID, "webhook_code": "ERROR"}
	many := make([]map[string]any, 20_001)
	for i := range many {
		many[i] = good
	}
	for name, test := range map[string]struct {
		webhooks []map[string]any
		status   int
	}{
		"none":               {nil, http.StatusBadRequest},
		"too many":           {many, http.StatusBadRequest},
		"one of nobody":      {[]map[string]any{good, {"item_id": "nobody", "webhook_code": "ERROR"}}, http.StatusNotFound},
		"one without a code": {[]map[string]any{good, {"item_id": itemID}}, http.StatusBadRequest},
		"one without a URL":  {[]map[string]any{good, {"item_id": silent, "webhook_code": "ERROR"}}, http.StatusBadRequest},
		"a misspelled field": {[]map[string]any{{"item_id": itemID, "code": "ERROR"}}, http.StatusBadRequest},
	} {
		require.Equal(t, test.status, b.post("/control/sign", map[string]any{"webhooks": test.webhooks}, nil), name)
	}
	require.Equal(t, http.StatusBadRequest, b.post("/control/signing", map[string]any{"retries": "never"}, nil))
	require.Equal(t, http.StatusBadRequest, b.post("/control/fire", map[string]any{"item_id": itemID, "webhook_code": "ERROR", "retries": "never"}, nil))
}
