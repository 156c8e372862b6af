package localplaid_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestControls_refuseWhatTheyDoNotUnderstand(t *testing.T) {
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
