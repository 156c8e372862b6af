package localplaid_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"

	"relink/internal/localplaid/contract"
)

// verify does what Plaid asks of receivers, with the key from /webhook_verification_key/get, and returns the
// claims.
func (b *rig) verify(got received) (issued time.Time, kid string, err error) {
	b.t.Helper()
	token, err := jwt.ParseSigned(got.token, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(b.t, err)
	require.Equal(b.t, "JWT", token.Headers[0].ExtraHeaders[jose.HeaderType])
	kid = token.Headers[0].KeyID
	answer, _, err := b.api.WebhookVerificationKeyGet(b.t.Context()).
		WebhookVerificationKeyGetRequest(*plaid.NewWebhookVerificationKeyGetRequest(kid)).Execute()
	require.NoError(b.t, err)
	raw, err := json.Marshal(answer.Key)
	require.NoError(b.t, err)
	var key jose.JSONWebKey
	require.NoError(b.t, key.UnmarshalJSON(raw))
	var claims struct {
		Iat  int64  `json:"iat"`
		Hash string `json:"request_body_sha256"`
	}
	if err := token.Claims(key, &claims); err != nil {
		return time.Time{}, kid, err
	}
	hash := sha256.Sum256(got.body)
	require.Equal(b.t, hex.EncodeToString(hash[:]), claims.Hash)
	return time.Unix(claims.Iat, 0), kid, nil
}

func TestWebhook_isSignedAsPlaidSigns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	got := b.receiver.wait(t, 1)
	contract.Webhook(t, got.body)
	issued, _, err := b.verify(got)
	require.NoError(t, err)
	require.True(t, b.clock.Now().Equal(issued))
	require.JSONEq(t, `{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"`+itemID+`","environment":"sandbox","error":{
		"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED","display_message":null,"status":400,
		"error_message":"the login details of this item have changed (credentials, MFA, `+
		`or required user action) and a user login is required to update this information. use Link's update mode `+
		`to restore the item to a good state"}}`, string(got.body))
	require.True(t, strings.HasPrefix(string(got.body), "{\n  \""), "indented by two spaces")
}

func TestWebhook_keepsPlaidsContract(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	for _, hook := range []struct {
		kind, code string
		fields     map[string]any
	}{
		{kind: "ITEM", code: "ERROR"},
		{
			kind: "ITEM", code: "ERROR",
			fields: map[string]any{"error": map[string]any{
				"error_type": "ITEM_ERROR", "error_code": "NEW_CODE", "error_message": "m", "display_message": nil, "status": 400,
			}},
		},
		{kind: "ITEM", code: "LOGIN_REPAIRED", fields: map[string]any{"user_id": "usr_1"}},
		{kind: "ITEM", code: "PENDING_DISCONNECT"},
		{kind: "ITEM", code: "PENDING_DISCONNECT", fields: map[string]any{"reason": "INSTITUTION_MIGRATION"}},
		{kind: "ITEM", code: "PENDING_EXPIRATION"},
		{kind: "ITEM", code: "USER_PERMISSION_REVOKED"},
		{kind: "ITEM", code: "USER_ACCOUNT_REVOKED"},
		{kind: "ITEM", code: "NEW_ACCOUNTS_AVAILABLE"},
		{kind: "ITEM", code: "WEBHOOK_UPDATE_ACKNOWLEDGED"},
		{kind: "TRANSACTIONS", code: "SYNC_UPDATES_AVAILABLE"},
		{kind: "TRANSACTIONS", code: "DEFAULT_UPDATE"},
		{kind: "TRANSACTIONS", code: "RECURRING_TRANSACTIONS_UPDATE"},
	} {
		answer := b.fire(map[string]any{"item_id": itemID, "webhook_type": hook.kind, "webhook_code": hook.code, "fields": hook.fields})
		require.Equal(t, []int{200}, answer.Statuses)
		all := b.receiver.all()
		got := all[len(all)-1]
		contract.Webhook(t, got.body)
		_, _, err := b.verify(got)
		require.NoError(t, err)
		var content map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(got.body, &content))
		for name, field := range hook.fields {
			want, err := json.Marshal(field)
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(content[name]), name)
		}
	}
}

func TestWebhook_revokedPermissionHasItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "USER_PERMISSION_REVOKED"}, nil)
	got := b.receiver.wait(t, 1)
	contract.Webhook(t, got.body)
	require.Contains(t, string(got.body), `"webhook_code": "USER_PERMISSION_REVOKED"`)
	require.Contains(t, string(got.body), `"error_type": "ITEM_ERROR"`)
	require.Equal(t, "INVALID_INPUT", string(b.item(accessToken).Item.Error.Get().ErrorType))
}

func TestResetLogin_breaksAndSendsAWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	require.Equal(
		t,
		200,
		b.post("/sandbox/item/reset_login", map[string]any{"client_id": "client", "secret": "secret", "access_token": accessToken}, nil),
	)
	got := b.receiver.wait(t, 1)
	contract.Webhook(t, got.body)
	require.Contains(t, string(got.body), "ITEM_LOGIN_REQUIRED")
	require.Contains(t, string(got.body), itemID)
}
