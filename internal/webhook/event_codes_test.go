package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

// The test covers every code of Plaid's ITEM and LINK families: those that Plaid documents now, those of the client's
// version that relink is built with, and invented later ones. None of them is an error.
func TestRead_readsEveryDocumentedCodeInEveryShape(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	item := func(code string) webhook.Event {
		return webhook.Event{Type: "ITEM", Code: code, ItemID: "itm_A", Environment: "production"}
	}
	with := func(e webhook.Event, set func(*webhook.Event)) webhook.Event { set(&e); return e }
	const (
		itm  = `"item_id":"itm_A","environment":"production"`
		kept = `"environment":"production","item_id":"itm_A"`
	)
	for name, tc := range map[string]struct {
		body    string
		want    webhook.Event
		clean   string
		unknown bool
		health  bool
	}{
		"ERROR": {
			body: `{"webhook_type":"ITEM","webhook_code":"ERROR",` + itm + `,"error":{"error_type":"ITEM_ERROR",` +
				`"error_code":"ITEM_LOGIN_REQUIRED","error_code_reason":"OAUTH_USER_REVOKED","error_message":"m","display_message":null,"status":400}}`,
			want: with(item("ERROR"), func(e *webhook.Event) {
				e.ErrorType, e.ErrorCode, e.ErrorReason = "ITEM_ERROR", "ITEM_LOGIN_REQUIRED", "OAUTH_USER_REVOKED"
			}),
			clean: `{"_dropped":["error.display_message","error.error_message"],"environment":"production",` +
				`"error":{"error_code":"ITEM_LOGIN_REQUIRED","error_code_reason":"OAUTH_USER_REVOKED","error_type":"ITEM_ERROR",` +
				`"status":400},"item_id":"itm_A","webhook_code":"ERROR","webhook_type":"ITEM"}`,
			health: true,
		},
		"ERROR of an Item without OAuth, display_message omitted": {
			body: `{"webhook_type":"ITEM","webhook_code":"ERROR",` + itm + `,"error":{"error_type":"ITEM_ERROR",` +
				`"error_code":"NO_ACCOUNTS","error_message":"m","status":400}}`,
			want: with(item("ERROR"), func(e *webhook.Event) { e.ErrorType, e.ErrorCode = "ITEM_ERROR", "NO_ACCOUNTS" }),
			clean: `{"_dropped":["error.error_message"],"environment":"production","error":{"error_code":"NO_ACCOUNTS",` +
				`"error_type":"ITEM_ERROR","status":400},"item_id":"itm_A","webhook_code":"ERROR","webhook_type":"ITEM"}`,
			health: true,
		},
		"ERROR with a code of tomorrow and a null reason": {
			body: `{"webhook_type":"ITEM","webhook_code":"ERROR",` + itm + `,"user_id":"usr_1",` +
				`"error":{"error_type":"NEW_ERROR","error_code":"NEW_CODE","error_code_reason":null,"status":null,"causes":[]}}`,
			want: with(item("ERROR"), func(e *webhook.Event) { e.ErrorType, e.ErrorCode = "NEW_ERROR", "NEW_CODE" }),
			clean: `{"_dropped":["error.causes","user_id"],"environment":"production","error":{"error_code":"NEW_CODE",` +
				`"error_code_reason":null,"error_type":"NEW_ERROR","status":null},"item_id":"itm_A","webhook_code":"ERROR","webhook_type":"ITEM"}`,
			health: true,
		},
		"LOGIN_REPAIRED": {
			body: `{"webhook_type":"ITEM","webhook_code":"LOGIN_REPAIRED",` + itm + `}`, want: item("LOGIN_REPAIRED"),
			clean: `{` + kept + `,"webhook_code":"LOGIN_REPAIRED","webhook_type":"ITEM"}`, health: true,
		},
		"LOGIN_REPAIRED of an Item with a user": {
			body: `{"webhook_type":"ITEM","webhook_code":"LOGIN_REPAIRED",` + itm + `,"user_id":"usr_1"}`, want: item("LOGIN_REPAIRED"),
			clean: `{"_dropped":["user_id"],` + kept + `,"webhook_code":"LOGIN_REPAIRED","webhook_type":"ITEM"}`, health: true,
		},
		"PENDING_DISCONNECT": {
			body: `{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT",` + itm + `,` +
				`"reason":"INSTITUTION_TOKEN_EXPIRATION","disconnect_time":"2026-12-01T09:00:00Z"}`,
			want: with(item("PENDING_DISCONNECT"), func(e *webhook.Event) {
				e.Reason, e.DisconnectTime = "INSTITUTION_TOKEN_EXPIRATION", &at
			}),
			clean: `{"disconnect_time":"2026-12-01T09:00:00Z",` + kept + `,"reason":"INSTITUTION_TOKEN_EXPIRATION",` +
				`"webhook_code":"PENDING_DISCONNECT","webhook_type":"ITEM"}`,
			health: true,
		},
		"PENDING_DISCONNECT as it was before it had a time": {
			body:   `{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT",` + itm + `,"reason":"INSTITUTION_MIGRATION"}`,
			want:   with(item("PENDING_DISCONNECT"), func(e *webhook.Event) { e.Reason = "INSTITUTION_MIGRATION" }),
			clean:  `{` + kept + `,"reason":"INSTITUTION_MIGRATION","webhook_code":"PENDING_DISCONNECT","webhook_type":"ITEM"}`,
			health: true,
		},
		"PENDING_DISCONNECT of nulls": {
			body: `{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT",` + itm + `,"reason":null,` +
				`"disconnect_time":null}`, want: item("PENDING_DISCONNECT"),
			clean: `{"disconnect_time":null,` + kept + `,"reason":null,"webhook_code":"PENDING_DISCONNECT","webhook_type":"ITEM"}`, health: true,
		},
		"PENDING_EXPIRATION": {
			body:   `{"webhook_type":"ITEM","webhook_code":"PENDING_EXPIRATION",` + itm + `,"consent_expiration_time":"2026-12-01T09:00:00.000Z"}`,
			want:   with(item("PENDING_EXPIRATION"), func(e *webhook.Event) { e.ConsentExpirationTime = &at }),
			clean:  `{"consent_expiration_time":"2026-12-01T09:00:00.000Z",` + kept + `,"webhook_code":"PENDING_EXPIRATION","webhook_type":"ITEM"}`,
			health: true,
		},
		"PENDING_EXPIRATION without its time": {
			body: `{"webhook_type":"ITEM","webhook_code":"PENDING_EXPIRATION",` + itm + `}`, want: item("PENDING_EXPIRATION"),
			clean: `{` + kept + `,"webhook_code":"PENDING_EXPIRATION","webhook_type":"ITEM"}`, health: true,
		},
		"USER_PERMISSION_REVOKED": {
			body: `{"webhook_type":"ITEM","webhook_code":"USER_PERMISSION_REVOKED",` + itm + `,` +
				`"error":{"error_type":"ITEM_ERROR","error_code":"USER_PERMISSION_REVOKED","error_message":"m","display_message":null,"status":400}}`,
			want: with(item("USER_PERMISSION_REVOKED"), func(e *webhook.Event) {
				e.ErrorType, e.ErrorCode = "ITEM_ERROR", "USER_PERMISSION_REVOKED"
			}),
			clean: `{"_dropped":["error.display_message","error.error_message"],"environment":"production",` +
				`"error":{"error_code":"USER_PERMISSION_REVOKED","error_type":"ITEM_ERROR","status":400},"item_id":"itm_A",` +
				`"webhook_code":"USER_PERMISSION_REVOKED","webhook_type":"ITEM"}`,
			health: true,
		},
		"USER_PERMISSION_REVOKED without its optional error": {
			body: `{"webhook_type":"ITEM","webhook_code":"USER_PERMISSION_REVOKED",` + itm + `}`, want: item("USER_PERMISSION_REVOKED"),
			clean: `{` + kept + `,"webhook_code":"USER_PERMISSION_REVOKED","webhook_type":"ITEM"}`, health: true,
		},
		"USER_ACCOUNT_REVOKED": {
			body:   `{"webhook_type":"ITEM","webhook_code":"USER_ACCOUNT_REVOKED",` + itm + `,"account_id":"acc_1"}`,
			want:   with(item("USER_ACCOUNT_REVOKED"), func(e *webhook.Event) { e.AccountID = "acc_1" }),
			clean:  `{"account_id":"acc_1",` + kept + `,"webhook_code":"USER_ACCOUNT_REVOKED","webhook_type":"ITEM"}`,
			health: true,
		},
		"USER_ACCOUNT_REVOKED as it was, with an error": {
			body: `{"webhook_type":"ITEM","webhook_code":"USER_ACCOUNT_REVOKED",` + itm + `,"account_id":"acc_1","error":null}`,
			want: with(item("USER_ACCOUNT_REVOKED"), func(e *webhook.Event) { e.AccountID = "acc_1" }),
			clean: `{"account_id":"acc_1","environment":"production","error":null,"item_id":"itm_A",` +
				`"webhook_code":"USER_ACCOUNT_REVOKED","webhook_type":"ITEM"}`,
			health: true,
		},
		"NEW_ACCOUNTS_AVAILABLE": {
			body: `{"webhook_type":"ITEM","webhook_code":"NEW_ACCOUNTS_AVAILABLE",` + itm + `,"error":null}`, want: item("NEW_ACCOUNTS_AVAILABLE"),
			clean: `{"environment":"production","error":null,"item_id":"itm_A","webhook_code":"NEW_ACCOUNTS_AVAILABLE","webhook_type":"ITEM"}`,
		},
		"WEBHOOK_UPDATE_ACKNOWLEDGED": {
			body: `{"webhook_type":"ITEM","webhook_code":"WEBHOOK_UPDATE_ACKNOWLEDGED",` + itm + `,"error":null,` +
				`"new_webhook_url":"https://hooks.example.com/plaid/v2"}`,
			want: item("WEBHOOK_UPDATE_ACKNOWLEDGED"),
			clean: `{"environment":"production","error":null,"item_id":"itm_A","new_webhook_host":"hooks.example.com",` +
				`"webhook_code":"WEBHOOK_UPDATE_ACKNOWLEDGED","webhook_type":"ITEM"}`,
		},
		"SESSION_FINISHED": {
			body: `{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED","status":"SUCCESS","link_session_id":"ls_1",` +
				`"link_token":"link-production-x","public_tokens":["public-production-y"],"environment":"production"}`,
			want: webhook.Event{Type: "LINK", Code: "SESSION_FINISHED", Status: "SUCCESS", LinkSessionID: "ls_1", Environment: "production"},
			clean: `{"_dropped":["link_token","public_tokens"],"environment":"production","link_session_id":"ls_1",` +
				`"status":"SUCCESS","webhook_code":"SESSION_FINISHED","webhook_type":"LINK"}`,
		},
		"SESSION_FINISHED of a session that was left": {
			body: `{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED","status":"exited","link_session_id":"ls_1",` +
				`"link_token":"link-production-x","public_token":null,"user_id":"usr_1"}`,
			want: webhook.Event{Type: "LINK", Code: "SESSION_FINISHED", Status: "exited", LinkSessionID: "ls_1"},
			clean: `{"_dropped":["link_token","public_token","user_id"],"link_session_id":"ls_1","status":"exited",` +
				`"webhook_code":"SESSION_FINISHED","webhook_type":"LINK"}`,
		},
		"ITEM_ADD_RESULT": {
			body: `{"webhook_type":"LINK","webhook_code":"ITEM_ADD_RESULT","link_session_id":"ls_1",` +
				`"link_token":"link-production-x","public_token":"public-production-y","environment":"production"}`,
			want: webhook.Event{Type: "LINK", Code: "ITEM_ADD_RESULT", LinkSessionID: "ls_1", Environment: "production"},
			clean: `{"_dropped":["link_token","public_token"],"environment":"production","link_session_id":"ls_1",` +
				`"webhook_code":"ITEM_ADD_RESULT","webhook_type":"LINK"}`,
		},
		"EVENTS": {
			body: `{"webhook_type":"LINK","webhook_code":"EVENTS","link_session_id":"ls_1","link_token":"link-production-x",` +
				`"events":[{"event_id":"u","event_name":"EXIT","timestamp":"2026-11-22T08:00:00Z",` +
				`"event_metadata":{"exit_status":"requires_credentials"}}],"environment":"production"}`,
			want: webhook.Event{Type: "LINK", Code: "EVENTS", LinkSessionID: "ls_1", Environment: "production"},
			clean: `{"_dropped":["events","link_token"],"environment":"production","link_session_id":"ls_1",` +
				`"webhook_code":"EVENTS","webhook_type":"LINK"}`,
		},
		"EVENTS of an Item, which none has today": {
			body:  `{"webhook_type":"LINK","webhook_code":"EVENTS","events":null,"item_id":"itm_A"}`,
			want:  webhook.Event{Type: "LINK", Code: "EVENTS", ItemID: "itm_A"},
			clean: `{"_dropped":["events"],"item_id":"itm_A","webhook_code":"EVENTS","webhook_type":"LINK"}`,
		},
		"a product's": {
			body: `{"webhook_type":"TRANSACTIONS","webhook_code":"SYNC_UPDATES_AVAILABLE",` + itm + `,` +
				`"initial_update_complete":true,"historical_update_complete":null}`,
			want: webhook.Event{Type: "TRANSACTIONS", Code: "SYNC_UPDATES_AVAILABLE", ItemID: "itm_A", Environment: "production"},
			clean: `{"environment":"production","historical_update_complete":null,"initial_update_complete":true,` +
				`"item_id":"itm_A","webhook_code":"SYNC_UPDATES_AVAILABLE","webhook_type":"TRANSACTIONS"}`,
		},
		"an ITEM code of tomorrow": {
			body: `{"webhook_type":"ITEM","webhook_code":"RESTED",` + itm + `,"since":"2026-12-01T09:00:00Z"}`, want: item("RESTED"),
			clean:   `{"_dropped":["since"],` + kept + `,"webhook_code":"RESTED","webhook_type":"ITEM"}`,
			unknown: true, health: true,
		},
		"a type of tomorrow": {
			body:    `{"webhook_type":"WEATHER","webhook_code":"ERROR",` + itm + `}`,
			want:    webhook.Event{Type: "WEATHER", Code: "ERROR", ItemID: "itm_A", Environment: "production"},
			clean:   `{` + kept + `,"webhook_code":"ERROR","webhook_type":"WEATHER"}`,
			unknown: true,
		},
		"a code of another family": {
			body:    `{"webhook_type":"LINK","webhook_code":"ERROR","environment":"production"}`,
			want:    webhook.Event{Type: "LINK", Code: "ERROR", Environment: "production"},
			clean:   `{"environment":"production","webhook_code":"ERROR","webhook_type":"LINK"}`,
			unknown: true,
		},
		"a known code in other letters": {
			body: `{"webhook_type":"ITEM","webhook_code":"error",` + itm + `}`, want: item("error"),
			clean:   `{` + kept + `,"webhook_code":"error","webhook_type":"ITEM"}`,
			unknown: true, health: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, clean, err := webhook.Read([]byte(tc.body))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.health, got.ConcernsHealth())
			require.Equal(t, !tc.unknown, got.Known())
			require.Equal(t, tc.clean, string(clean))
		})
	}
}

func TestKnownType_isATypeThatRelinkKnows(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"ITEM": "ITEM", "LINK": "LINK", "TRANSACTIONS": "TRANSACTIONS",
		"WEATHER": "other", "item": "other", "": "other",
	} {
		require.Equal(t, want, webhook.Event{Type: kind}.KnownType())
	}
}
