package localplaid_test

import (
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func TestUpdateMode_repairsABrokenItemAndSendsNoWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	before := b.item(accessToken).Status.Get().Transactions.Get().LastSuccessfulUpdate.Get()

	b.clock.advance(time.Hour)
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	b.receiver.wait(t, 1)
	broken := b.item(accessToken)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", broken.Item.Error.Get().ErrorCode)
	require.Equal(t, "ERROR", *broken.Status.Get().LastWebhook.Get().CodeSent.Get())
	require.Equal(t, b.clock.Now(), *broken.Status.Get().Transactions.Get().LastFailedUpdate.Get())
	_, _, err := b.api.AccountsGet(t.Context()).AccountsGetRequest(*plaid.NewAccountsGetRequest(accessToken)).Execute()
	require.Equal(t, "ITEM_LOGIN_REQUIRED", plaidFailure(t, err).ErrorCode)

	token := b.updateToken(accessToken)
	got := b.play(map[string]any{"link_token": token, "username": "user_good", "password": "pass_good"})
	require.Equal(t, "onSuccess", got.Callback)
	require.Equal(t, platypus, got.Metadata.Institution.InstitutionID)
	require.NotEmpty(t, got.Metadata.Accounts)

	repaired := b.item(accessToken)
	require.Nil(t, repaired.Item.Error.Get())
	require.True(t, repaired.Status.Get().Transactions.Get().LastSuccessfulUpdate.Get().After(*before))
	sameToken, sameItem := b.exchange(got.PublicToken)
	require.Equal(t, accessToken, sameToken, "update mode keeps the access token")
	require.Equal(t, itemID, sameItem)
	require.Len(t, b.receiver.all(), 1, "update mode sends no webhook")
}

func TestUpdateMode_wrongPasswordLeavesTheItemBroken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	token := b.updateToken(accessToken)
	for credentials, want := range map[[2]string]string{
		{"user_good", "wrong"}:                     "INVALID_CREDENTIALS",
		{"user_good", ""}:                          "INVALID_CREDENTIALS",
		{"nobody", "pass_good"}:                    "INVALID_CREDENTIALS",
		{"user_good", "error_ITEM_LOCKED"}:         "ITEM_LOCKED",
		{"user_good", "error_ITEM_LOGIN_REQUIRED"}: "INVALID_CREDENTIALS",
		{"user_custom", "anything"}:                "INVALID_UPDATED_USERNAME",
	} {
		got := b.play(map[string]any{"link_token": token, "username": credentials[0], "password": credentials[1]})
		require.Equal(t, "onExit", got.Callback)
		require.Equal(t, want, got.Error.ErrorCode, "%v", credentials)
		require.Equal(t, "requires_credentials", got.Metadata.Status)
		require.Empty(t, got.PublicToken)
		require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	}
}

func TestUpdateMode_asksForAOneTimeCodeAndChecksIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	token := b.updateToken(accessToken)
	credentials := map[string]any{"link_token": token, "username": "user_good", "password": "mfa_device"}
	got := b.play(credentials)
	require.Equal(t, "onExit", got.Callback)
	require.Equal(t, "requires_code", got.Metadata.Status)
	require.Nil(t, got.Error)
	credentials["otp"] = "9999"
	require.Equal(t, "INVALID_MFA", b.play(credentials).Error.ErrorCode)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	credentials["otp"] = "1234"
	require.Equal(t, "onSuccess", b.play(credentials).Callback)
	require.Empty(t, b.itemError(accessToken))
}

func TestUpdateMode_oauthBankTakesAnythingAndRenewsConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypusOAuth, "")
	before := *b.item(accessToken).Item.ConsentExpirationTime.Get()
	b.clock.advance(300 * 24 * time.Hour)
	require.Equal(t, "onSuccess", b.play(map[string]any{"link_token": b.updateToken(accessToken)}).Callback)
	after := *b.item(accessToken).Item.ConsentExpirationTime.Get()
	require.Equal(t, 300*24*time.Hour, after.Sub(before))
}

func TestUpdateMode_noAccountsNeedsAccountSelection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "NO_ACCOUNTS"}, nil)
	good := map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"}
	require.Equal(t, "onSuccess", b.play(good).Callback)
	require.Equal(t, "NO_ACCOUNTS", b.itemError(accessToken), "Link says success, the Item stays broken")

	req := linkTokenRequest()
	req.SetAccessToken(accessToken)
	req.SetUpdate(plaid.LinkTokenCreateRequestUpdate{AccountSelectionEnabled: plaid.PtrBool(true)})
	got, _, err := b.api.LinkTokenCreate(t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(t, err)
	good["link_token"] = got.LinkToken
	require.Equal(t, "onSuccess", b.play(good).Callback)
	require.Empty(t, b.itemError(accessToken))
}

func TestUpdateMode_letsNobodyInWhileTheBankIsTheTrouble(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "INSTITUTION_NOT_RESPONDING"}, nil)
	got := b.play(map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"})
	require.Equal(t, "INSTITUTION_NOT_RESPONDING", got.Error.ErrorCode)
	require.Equal(t, "INSTITUTION_NOT_RESPONDING", b.itemError(accessToken))
}
