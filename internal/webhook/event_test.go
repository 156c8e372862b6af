package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

func TestRead_readsWhatPlaidDocuments(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		body   string
		want   webhook.Event
		broken bool
		health bool
	}{
		"ERROR": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A","error":{"error_type":"ITEM_ERROR",` +
				`"error_code":"ITEM_LOGIN_REQUIRED","error_code_reason":"OAUTH_CONSENT_EXPIRED",` +
				`"error_message":"the login details have changed","display_message":null,"status":400},"environment":"production"}`,
			webhook.Event{
				Type: "ITEM", Code: "ERROR", ItemID: "itm_A", Environment: "production", ErrorType: "ITEM_ERROR",
				ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_CONSENT_EXPIRED",
			},
			true, true,
		},
		"ERROR without an error": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A","error":null,"environment":"sandbox"}`,
			webhook.Event{Type: "ITEM", Code: "ERROR", ItemID: "itm_A", Environment: "sandbox"},
			true, true,
		},
		"LOGIN_REPAIRED": {
			`{"webhook_type":"ITEM","webhook_code":"LOGIN_REPAIRED","item_id":"itm_A","environment":"production"}`,
			webhook.Event{Type: "ITEM", Code: "LOGIN_REPAIRED", ItemID: "itm_A", Environment: "production"},
			false, true,
		},
		"PENDING_DISCONNECT": {
			`{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT","item_id":"itm_A",` +
				`"reason":"INSTITUTION_TOKEN_EXPIRATION","disconnect_time":"2026-12-01T09:00:00Z","environment":"production"}`,
			webhook.Event{
				Type: "ITEM", Code: "PENDING_DISCONNECT", ItemID: "itm_A", Environment: "production",
				Reason: "INSTITUTION_TOKEN_EXPIRATION", DisconnectTime: &at,
			},
			false, true,
		},
		"PENDING_EXPIRATION in another zone": {
			`{"webhook_type":"ITEM","webhook_code":"PENDING_EXPIRATION","item_id":"itm_A",` +
				`"consent_expiration_time":"2026-12-01T10:00:00.000+01:00","environment":"production"}`,
			webhook.Event{Type: "ITEM", Code: "PENDING_EXPIRATION", ItemID: "itm_A", Environment: "production", ConsentExpirationTime: &at},
			false, true,
		},
		"USER_PERMISSION_REVOKED": {
			`{"webhook_type":"ITEM","webhook_code":"USER_PERMISSION_REVOKED","item_id":"itm_A","environment":"production"}`,
			webhook.Event{Type: "ITEM", Code: "USER_PERMISSION_REVOKED", ItemID: "itm_A", Environment: "production"},
			false, true,
		},
		"USER_ACCOUNT_REVOKED": {
			`{"webhook_type":"ITEM","webhook_code":"USER_ACCOUNT_REVOKED","item_id":"itm_A","account_id":"acc_1","environment":"production"}`,
			webhook.Event{Type: "ITEM", Code: "USER_ACCOUNT_REVOKED", ItemID: "itm_A", AccountID: "acc_1", Environment: "production"},
			false, true,
		},
		"NEW_ACCOUNTS_AVAILABLE": {
			`{"webhook_type":"ITEM","webhook_code":"NEW_ACCOUNTS_AVAILABLE","item_id":"itm_A","error":null,"environment":"production"}`,
			webhook.Event{Type: "ITEM", Code: "NEW_ACCOUNTS_AVAILABLE", ItemID: "itm_A", Environment: "production"},
			false, false,
		},
		"WEBHOOK_UPDATE_ACKNOWLEDGED": {
			`{"webhook_type":"ITEM","webhook_code":"WEBHOOK_UPDATE_ACKNOWLEDGED","item_id":"itm_A","error":null,` +
				`"new_webhook_url":"https://hooks.example.com/plaid/v2"}`,
			webhook.Event{Type: "ITEM", Code: "WEBHOOK_UPDATE_ACKNOWLEDGED", ItemID: "itm_A"},
			false, false,
		},
		"SESSION_FINISHED": {
			`{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED","status":"SUCCESS","link_session_id":"ls_1",` +
				`"link_token":"link-production-x","public_tokens":["public-production-y"],"environment":"production"}`,
			webhook.Event{Type: "LINK", Code: "SESSION_FINISHED", Status: "SUCCESS", LinkSessionID: "ls_1", Environment: "production"},
			false, false,
		},
		"an ITEM code of tomorrow": {
			`{"webhook_type":"ITEM","webhook_code":"UPDATE_ACKNOWLEDGED_2","item_id":"itm_A","new":{"a":[1,2,{"b":null}]}}`,
			webhook.Event{Type: "ITEM", Code: "UPDATE_ACKNOWLEDGED_2", ItemID: "itm_A"},
			false, true,
		},
		"a type of tomorrow": {
			`{"webhook_type":"SIGNAL","webhook_code":"ERROR","item_id":"itm_A"}`,
			webhook.Event{Type: "SIGNAL", Code: "ERROR", ItemID: "itm_A"},
			false, false,
		},
		"members of other kinds than documented": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":17,"error":"ITEM_LOGIN_REQUIRED","account_id":{"a":1},` +
				`"reason":null,"disconnect_time":"tomorrow","consent_expiration_time":1795334400}`,
			webhook.Event{Type: "ITEM", Code: "ERROR"},
			true, true,
		},
		"an error of other kinds than documented": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","error":{"error_code":["A"],"error_type":null,"error_code_reason":7}}`,
			webhook.Event{Type: "ITEM", Code: "ERROR"},
			true, true,
		},
		"the last of two members counts": {
			`{"webhook_type":"LINK","webhook_type":"ITEM","webhook_code":"ERROR","item_id":"a","item_id":"b"}`,
			webhook.Event{Type: "ITEM", Code: "ERROR", ItemID: "b"},
			true, true,
		},
		"a NUL, which Postgres would refuse": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"a\u0000b"}`,
			webhook.Event{Type: "ITEM", Code: "ERROR", ItemID: "a\uFFFDb"},
			true, true,
		},
		"a token in a place meant for something else": {
			`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"access-sandbox-1234","reason":"link-production-5678"}`,
			webhook.Event{Type: "ITEM", Code: "ERROR"},
			true, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := webhook.Read([]byte(tc.body))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.broken, got.ClaimsBroken())
			require.Equal(t, tc.health, got.ConcernsHealth())
		})
	}
}

func TestRead_doesNotUnderstandWhatIsNoWebhook(t *testing.T) {
	t.Parallel()
	const good = `{"webhook_type":"ITEM","webhook_code":"ERROR"}`
	for name, body := range map[string]string{
		"empty":            ``,
		"not JSON":         `webhook_type=ITEM`,
		"cut off":          good[:len(good)-1],
		"array":            `[` + good + `]`,
		"string":           `"ITEM"`,
		"null":             `null`,
		"trailing JSON":    good + good,
		"trailing junk":    good + `x`,
		"no type":          `{"webhook_code":"ERROR"}`,
		"no code":          `{"webhook_type":"ITEM"}`,
		"null code":        `{"webhook_type":"ITEM","webhook_code":null}`,
		"empty code":       `{"webhook_type":"ITEM","webhook_code":""}`,
		"code of no text":  `{"webhook_type":"ITEM","webhook_code":5}`,
		"names in capital": `{"WEBHOOK_TYPE":"ITEM","WEBHOOK_CODE":"ERROR"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := webhook.Read([]byte(body))
			require.ErrorIs(t, err, webhook.ErrNotUnderstood)
			require.Equal(t, webhook.ReasonNotUnderstood, webhook.Reason(err))
		})
	}
}
