package sandbox_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"

	"relink/internal/sandbox/contract"
)

// verify does what Plaid tells receivers to do, with the key from /webhook_verification_key/get, and answers the claims.
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

// fired is what /control/fire answers.
type fired struct {
	Statuses   []int
	Deliveries []struct {
		ID       string
		RepeatOf string `json:"repeat_of"`
	}
}

func (b *rig) fire(fields map[string]any) fired {
	b.t.Helper()
	var got fired
	require.Equal(b.t, 200, b.post("/control/fire", fields, &got))
	return got
}

func TestAWebhookIsSignedAsPlaidSigns(t *testing.T) {
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
		"error_message":"the login details of this item have changed (credentials, MFA, or required user action) and a user login is required to update this information. use Link's update mode to restore the item to a good state"}}`, string(got.body))
	require.True(t, strings.HasPrefix(string(got.body), "{\n  \""), "indented by two spaces")
}

func TestEveryWebhookKeepsPlaidsContract(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	for _, hook := range []struct {
		kind, code string
		fields     map[string]any
	}{
		{kind: "ITEM", code: "ERROR"},
		{kind: "ITEM", code: "ERROR", fields: map[string]any{"error": map[string]any{"error_type": "ITEM_ERROR", "error_code": "NEW_CODE", "error_message": "m", "display_message": nil, "status": 400}}},
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

func TestARevokedPermissionHasItsOwnWebhook(t *testing.T) {
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

func TestFireSignsAsItIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	fire := func(sign string) received {
		b.receiver.answer(http.StatusUnauthorized)
		answer := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR", "sign": sign})
		require.Equal(t, []int{http.StatusUnauthorized}, answer.Statuses, "fire answers what the receiver answered")
		all := b.receiver.all()
		return all[len(all)-1]
	}
	require.Empty(t, fire("none").token)
	_, kid, err := b.verify(fire("wrong"))
	require.Error(t, err)
	var current struct{ Kid string }
	b.get("/control/webhook-key", &current)
	require.Equal(t, current.Kid, kid, "a wrong signature claims the right key")
	issued, _, err := b.verify(fire("stale"))
	require.NoError(t, err, "a stale webhook is stale, not forged")
	require.Greater(t, b.clock.Now().Sub(issued), 5*time.Minute)
	issued, _, err = b.verify(fire("good"))
	require.NoError(t, err)
	require.True(t, b.clock.Now().Equal(issued))
	require.Empty(t, b.itemError(accessToken), "firing changes no Item")

	var log struct {
		Webhooks []struct {
			Sign        string
			NextAttempt *time.Time `json:"next_attempt"`
		}
	}
	b.get("/control/webhooks?item_id="+itemID, &log)
	for _, hook := range log.Webhooks {
		require.Equal(t, hook.Sign == "good", hook.NextAttempt != nil, "only a well-signed webhook is worth a retry: %s", hook.Sign)
	}
}

func TestARepeatIsTheSameTokenAndBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	first := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	b.clock.advance(2 * time.Minute)
	again := b.fire(map[string]any{"repeat_of": first.Deliveries[0].ID, "times": 2})
	require.Equal(t, []int{200, 200}, again.Statuses)
	require.Equal(t, first.Deliveries[0].ID, again.Deliveries[0].RepeatOf)
	separate := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	require.Empty(t, separate.Deliveries[0].RepeatOf)
	got := b.receiver.all()
	require.Len(t, got, 4)
	require.Equal(t, got[0], got[1])
	require.Equal(t, got[0], got[2])
	require.Equal(t, got[0].body, got[3].body, "two genuine events may have the same body ...")
	require.NotEqual(t, got[0].token, got[3].token, "... but never the same token")
}

func TestFireSendsAsOftenAsToldEachSignedByItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	answer := b.fire(map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED", "times": 3, "delay_ms": 1})
	require.Equal(t, []int{200, 200, 200}, answer.Statuses)
	tokens := map[string]bool{}
	for _, got := range b.receiver.all() {
		tokens[got.token] = true
	}
	require.Len(t, tokens, 3)
}

func TestRotationKeepsTheOldKeyAndExpiresIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	var before, after struct{ Kid string }
	b.get("/control/webhook-key", &before)
	b.clock.advance(time.Hour)
	require.Equal(t, 200, b.post("/control/key", map[string]any{}, &after))
	require.NotEqual(t, before.Kid, after.Kid)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})

	got := b.receiver.all()
	_, oldKid, err := b.verify(got[0])
	require.NoError(t, err)
	require.Equal(t, before.Kid, oldKid)
	_, newKid, err := b.verify(got[1])
	require.NoError(t, err)
	require.Equal(t, after.Kid, newKid)
	old, _, err := b.api.WebhookVerificationKeyGet(t.Context()).WebhookVerificationKeyGetRequest(*plaid.NewWebhookVerificationKeyGetRequest(oldKid)).Execute()
	require.NoError(t, err)
	require.EqualValues(t, b.clock.Now().Unix(), *old.Key.ExpiredAt.Get())
}
