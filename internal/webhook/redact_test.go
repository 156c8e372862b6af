package webhook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

func TestRedact_keepsOnlyWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"LINK tokens go": {
			`{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED","status":"SUCCESS","link_session_id":"ls_1",` +
				`"link_token":"link-production-x","public_tokens":["public-production-y"],"public_token":"public-production-z",` +
				`"environment":"production"}`,
			`{"_dropped":["link_token","public_token","public_tokens"],"environment":"production","link_session_id":"ls_1",` +
				`"status":"SUCCESS","webhook_code":"SESSION_FINISHED","webhook_type":"LINK"}`,
		},
		"messages and people go": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A","user_id":"usr_1",` +
				`"error":{"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED","error_code_reason":null,` +
				`"error_message":"secret","display_message":"secret","status":400}}`,
			`{"_dropped":["error.display_message","error.error_message","user_id"],"error":{"error_code":"ITEM_LOGIN_REQUIRED",` +
				`"error_code_reason":null,"error_type":"ITEM_ERROR","status":400},"item_id":"itm_A","webhook_code":"ERROR","webhook_type":"ITEM"}`,
		},
		"of a URL the host stays": {
			`{"webhook_type":"ITEM","webhook_code":"WEBHOOK_UPDATE_ACKNOWLEDGED","error":null,` +
				`"new_webhook_url":"https://user:pass@hooks.example.com:8443/plaid?key=secret"}`,
			`{"error":null,"new_webhook_host":"hooks.example.com:8443","webhook_code":"WEBHOOK_UPDATE_ACKNOWLEDGED","webhook_type":"ITEM"}`,
		},
		"an allowed name with an unexpected value goes": {
			`{"webhook_type":"ITEM","item_id":{"secret":1},"reason":["secret"],"status":5,"error":"secret","new_webhook_url":7,` +
				`"account_id":"access-production-1"}`,
			`{"_dropped":["account_id","error","item_id","new_webhook_url","reason","status"],"webhook_type":"ITEM"}`,
		},
		"numbers and truths": {
			`{"initial_update_complete":true,"historical_update_complete":false,"new_transactions":12,"error":{"status":1e400}}`,
			`{"_dropped":["error.status"],"error":{},"historical_update_complete":false,"initial_update_complete":true,"new_transactions":12}`,
		},
		"names that are not ours are bounded": {
			`{"link-sandbox-1234":1,"` + strings.Repeat("n", 65) + `":1,"a\u0000b":1}`,
			`{"_dropped":["?","?","a` + "\uFFFD" + `b"]}`,
		},
		"our own member cannot be brought along": {
			`{"webhook_type":"ITEM","_dropped":["x"],"new_webhook_host":"secret"}`,
			`{"_dropped":["_dropped","new_webhook_host"],"webhook_type":"ITEM"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got, _ := webhook.Read([]byte(tc.body)) // not all of them name a type and a code
			require.Equal(t, tc.want, string(got))
		})
	}
}

func TestRedact_boundsTheNumberOfDroppedNames(t *testing.T) {
	t.Parallel()
	many := map[string]int{}
	for i := range 500 {
		many[strings.Repeat("x", i%60)+string(rune('a'+i%26))] = i
	}
	body, err := json.Marshal(many)
	require.NoError(t, err)
	_, got, _ := webhook.Read(body) // it names no type
	var read struct {
		Dropped []string `json:"_dropped"`
	}
	require.NoError(t, json.Unmarshal(got, &read))
	require.Len(t, read.Dropped, 50)
}

func TestRedact_refusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{}{}`, `{`} {
		_, got, err := webhook.Read([]byte(body))
		require.ErrorIs(t, err, webhook.ErrNotUnderstood, body)
		require.Nil(t, got)
	}
}
