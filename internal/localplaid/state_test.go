package localplaid_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func TestState_keepsItems(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	healthy, _ := before.newItem(platypusOAuth, "")
	broken, brokenID := before.newItem(platypusOAuth, before.receiver.url)
	removed, _ := before.newItem(platypus, "")
	before.clock.advance(time.Hour)
	require.Equal(t, 200, before.post("/control/break", map[string]any{
		"item_id": brokenID, "error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED",
	}, nil))
	_, _, err := before.api.ItemRemove(t.Context()).ItemRemoveRequest(*plaid.NewItemRemoveRequest(removed)).Execute()
	require.NoError(t, err)

	after := before.restart()
	for _, accessToken := range []string{healthy, broken} {
		want, got := before.item(accessToken), after.item(accessToken)
		want.RequestId, got.RequestId = "", ""
		require.Equal(t, want, got)
	}
	require.Equal(t, "OAUTH_CONSENT_EXPIRED", after.item(broken).Item.Error.Get().GetErrorCodeReason())
	require.NotNil(t, after.item(healthy).Item.ConsentExpirationTime.Get())
	_, _, err = after.api.ItemGet(t.Context()).ItemGetRequest(*plaid.NewItemGetRequest(removed)).Execute()
	require.Equal(t, "ITEM_NOT_FOUND", plaidFailure(t, err).ErrorCode)

	accounts := func(b *rig) []plaid.AccountBase {
		got, _, err := b.api.AccountsGet(t.Context()).AccountsGetRequest(*plaid.NewAccountsGetRequest(healthy)).Execute()
		require.NoError(t, err)
		return got.Accounts
	}
	require.Len(t, accounts(before), 4)
	require.Equal(t, accounts(before), accounts(after))
}

func TestState_keepsPublicTokens(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	create := func() string {
		got, _, err := before.api.SandboxPublicTokenCreate(t.Context()).
			SandboxPublicTokenCreateRequest(*plaid.NewSandboxPublicTokenCreateRequest(platypus, []plaid.Products{plaid.PRODUCTS_TRANSACTIONS})).
			Execute()
		require.NoError(t, err)
		return got.PublicToken
	}
	spent, unspent := create(), create()
	before.exchange(spent)
	after := before.restart()
	accessToken, _ := after.exchange(unspent)
	require.Empty(t, after.itemError(accessToken))
	_, _, err := after.api.ItemPublicTokenExchange(t.Context()).
		ItemPublicTokenExchangeRequest(*plaid.NewItemPublicTokenExchangeRequest(spent)).Execute()
	require.Contains(t, plaidFailure(t, err).ErrorMessage, "already been exchanged")
	after.clock.advance(30 * time.Minute)
	require.NotContains(t, read(t, after.restart().dataFile), "public-sandbox-", "one that expired is not kept")
}

func TestState_keepsLinkTokens(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	accessToken, itemID := before.newItem(platypus, "")
	before.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	token := before.updateToken(accessToken)

	after := before.restart()
	at := after.step("start", map[string]any{"link_token": token})
	require.True(t, at.IsUpdateMode)
	after.step("credentials", map[string]any{"link_session_id": at.LinkSessionID, "username": "user_good", "password": "pass_good"})
	require.Equal(t, "onSuccess", after.step("finish", map[string]any{"link_session_id": at.LinkSessionID}).Outcome.Callback)
	require.Empty(t, after.itemError(accessToken))

	want, again := after.linkToken(token), after.restart()
	got := again.linkToken(token)
	want.RequestId, got.RequestId = "", ""
	require.Equal(t, want, got, "the finished session is still told of")
	after.clock.advance(30 * time.Minute)
	require.Equal(
		t,
		"INVALID_LINK_TOKEN",
		again.step("start", map[string]any{"link_token": token}).Outcome.Error.ErrorCode,
		"it ends when it always would have",
	)
	again.restart().linkToken(token)
	after.clock.advance(6 * time.Hour)
	forgotten := again.restart()
	_, _, err := forgotten.restart().api.LinkTokenGet(t.Context()).LinkTokenGetRequest(*plaid.NewLinkTokenGetRequest(token)).Execute()
	require.Equal(t, "INVALID_LINK_TOKEN", plaidFailure(t, err).ErrorCode, "six hours later nobody asks any more")
}

func TestState_keepsLinkSessions(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	token := before.newToken()
	id := before.step("start", map[string]any{"link_token": token}).LinkSessionID

	chosen := before.restart()
	chosen.step("institution", map[string]any{"link_session_id": id, "institution_id": platypus})
	at := chosen.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "mfa_device"})
	require.Equal(t, "MFA_DEVICE", at.View)
	require.NotContains(t, read(t, chosen.dataFile), "mfa_device", "a password is never kept")

	offered := chosen.restart()
	require.Equal(t, "MFA", offered.step("device", map[string]any{"link_session_id": id, "device": "mail"}).View)

	asked := offered.restart()
	at = asked.step("code", map[string]any{"link_session_id": id, "code": "1234"})
	require.Equal(t, "CREDENTIAL", at.View, "the bank asks for the password again")
	at = asked.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "pass_good"})
	require.Equal(t, "SELECT_ACCOUNT", at.View)

	shared := asked.restart()
	require.Equal(
		t,
		"CONNECTED",
		shared.step("accounts", map[string]any{"link_session_id": id, "account_ids": []string{at.Accounts[2].ID}}).View,
	)

	connected := shared.restart()
	outcome := connected.step("finish", map[string]any{"link_session_id": id}).Outcome
	require.Equal(t, "onSuccess", outcome.Callback)
	accessToken, _ := connected.exchange(outcome.PublicToken)
	require.Empty(t, connected.itemError(accessToken))
}

func (b *rig) webhookKey(kid string) plaid.JWKPublicKey {
	b.t.Helper()
	answer, _, err := b.api.WebhookVerificationKeyGet(b.t.Context()).
		WebhookVerificationKeyGetRequest(*plaid.NewWebhookVerificationKeyGetRequest(kid)).Execute()
	require.NoError(b.t, err)
	return answer.Key
}

func TestState_keepsWebhookKeys(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	_, itemID := before.newItem(platypus, before.receiver.url)
	var first, second struct{ Kid string }
	before.get("/control/webhook-key", &first)
	before.clock.advance(time.Hour)
	before.post("/control/key", map[string]any{}, &second)
	// A receiver keeps the key that it asked for before the restart, and asks no more.
	raw, err := json.Marshal(before.webhookKey(second.Kid))
	require.NoError(t, err)
	var cached jose.JSONWebKey
	require.NoError(t, cached.UnmarshalJSON(raw))

	after := before.restart()
	require.Equal(t, []int{200}, after.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"}).Statuses)
	token, err := jwt.ParseSigned(after.receiver.wait(t, 1).token, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	require.Equal(t, second.Kid, token.Headers[0].KeyID, "the current key is still the current one")
	require.NoError(t, token.Claims(cached, &struct{}{}))
	for _, kid := range []string{first.Kid, second.Kid} {
		require.Equal(t, before.webhookKey(kid), after.webhookKey(kid))
	}
	require.EqualValues(t, after.clock.Now().Unix(), *after.webhookKey(first.Kid).ExpiredAt.Get())
}

func TestState_keepsWebhooksNotYetReceived(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	before.run()
	_, itemID := before.newItem(platypus, before.receiver.url)
	before.receiver.answer(http.StatusServiceUnavailable)
	before.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	before.receiver.wait(t, 1)
	require.Eventually(t, func() bool { return len(before.restart().deliveries(itemID)[0].Attempts) == 1 }, 5*time.Second, 10*time.Millisecond,
		"the attempt that failed is on disk")

	after := before.restart()
	require.Equal(t, before.deliveries(itemID), after.deliveries(itemID))
	after.receiver.answer(http.StatusOK)
	after.fire(map[string]any{"repeat_of": after.deliveries(itemID)[0].ID})
	require.Equal(t, after.receiver.wait(t, 1), after.receiver.wait(t, 2), "what was sent before can be repeated")
	after.clock.advance(time.Hour)
	after.run()
	again := after.receiver.wait(t, 3)
	require.Equal(t, after.receiver.all()[0].body, again.body, "to the byte")
	issued, _, err := after.verify(again)
	require.NoError(t, err)
	require.True(t, after.clock.Now().Equal(issued))
	require.Eventually(t, func() bool { return len(after.restart().deliveries(itemID)) == 0 }, 5*time.Second, 10*time.Millisecond,
		"once received, it is over")
}

func TestState_sendsAgainWhatARestartCutOff(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	before.run()
	release, arrived := make(chan struct{}), make(chan struct{}, 2)
	attempts := func(n int) func() bool { return func() bool { return len(arrived) == n } }
	defer close(release)
	_, itemID := before.newItem(platypus, slowReceiver(t, release, arrived))
	before.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	require.Eventually(t, attempts(1), 5*time.Second, 2*time.Millisecond)
	before.newItem(platypus, "") // has the file written while the attempt is under way
	require.Nil(t, before.deliveries(itemID)[0].NextAttempt)
	before.restart().run()
	require.Eventually(t, attempts(2), 5*time.Second, 2*time.Millisecond)
}
