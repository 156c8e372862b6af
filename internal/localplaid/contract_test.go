package localplaid_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

// Every served path, its success and its errors, through the official client and against Plaid's OpenAPI file.
func TestAPI_keepsPlaidsContractOnEveryPath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()

	fails := func(wantType, wantCode string, resp *http.Response, err error) {
		t.Helper()
		failure := plaidFailure(t, err)
		require.Equal(t, wantType, string(failure.ErrorType))
		require.Equal(t, wantCode, failure.ErrorCode)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
		require.NotEmpty(t, failure.GetRequestId())
	}

	// /sandbox/public_token/create, /item/public_token/exchange
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	require.Regexp(t, `^access-sandbox-[0-9a-f-]{36}$`, accessToken)
	require.Len(t, itemID, 37)
	options := plaid.NewSandboxPublicTokenCreateRequestOptions()
	options.SetOverridePassword("error_ITEM_LOCKED")
	bad := plaid.NewSandboxPublicTokenCreateRequest(platypus, []plaid.Products{plaid.PRODUCTS_AUTH})
	bad.SetOptions(*options)
	_, resp, err := b.api.SandboxPublicTokenCreate(ctx).SandboxPublicTokenCreateRequest(*bad).Execute()
	fails("ITEM_ERROR", "ITEM_LOCKED", resp, err)
	_, resp, err = b.api.SandboxPublicTokenCreate(ctx).SandboxPublicTokenCreateRequest(
		*plaid.NewSandboxPublicTokenCreateRequest("ins_0", []plaid.Products{plaid.PRODUCTS_AUTH})).Execute()
	fails("INVALID_INPUT", "INVALID_INSTITUTION", resp, err)
	_, resp, err = b.api.ItemPublicTokenExchange(ctx).ItemPublicTokenExchangeRequest(
		*plaid.NewItemPublicTokenExchangeRequest("public-sandbox-unknown")).Execute()
	fails("INVALID_INPUT", "INVALID_PUBLIC_TOKEN", resp, err)

	// /item/get, healthy and broken, at both kinds of bank
	require.Empty(t, b.itemError(accessToken))
	oauthToken, oauthItem := b.newItem(platypusOAuth, "")
	require.NotNil(t, b.item(oauthToken).Item.ConsentExpirationTime.Get())
	b.post(
		"/control/break",
		map[string]any{"item_id": oauthItem, "error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED"},
		nil,
	)
	require.Equal(t, "OAUTH_CONSENT_EXPIRED", b.item(oauthToken).Item.Error.Get().GetErrorCodeReason())
	_, resp, err = b.api.ItemGet(ctx).ItemGetRequest(*plaid.NewItemGetRequest("access-sandbox-unknown")).Execute()
	fails("INVALID_INPUT", "INVALID_ACCESS_TOKEN", resp, err)

	// /accounts/get
	accounts, _, err := b.api.AccountsGet(ctx).AccountsGetRequest(*plaid.NewAccountsGetRequest(accessToken)).Execute()
	require.NoError(t, err)
	require.Equal(t, "0000", *accounts.Accounts[0].Mask.Get())
	one := plaid.NewAccountsGetRequest(accessToken)
	one.SetOptions(plaid.AccountsGetRequestOptions{AccountIds: &[]string{accounts.Accounts[1].AccountId}})
	filtered, _, err := b.api.AccountsGet(ctx).AccountsGetRequest(*one).Execute()
	require.NoError(t, err)
	require.Len(t, filtered.Accounts, 1)
	_, resp, err = b.api.AccountsGet(ctx).AccountsGetRequest(*plaid.NewAccountsGetRequest(oauthToken)).Execute()
	fails("ITEM_ERROR", "ITEM_LOGIN_REQUIRED", resp, err)

	// /link/token/create, /link/token/get, with a played session of each outcome
	update := linkTokenRequest()
	update.SetAccessToken(oauthToken)
	update.SetUpdate(*plaid.NewLinkTokenCreateRequestUpdate())
	update.SetRedirectUri("http://localhost:8080/relink/return")
	updated, _, err := b.api.LinkTokenCreate(ctx).LinkTokenCreateRequest(*update).Execute()
	require.NoError(t, err)
	b.post("/control/link", map[string]any{"link_token": updated.LinkToken, "outcome": "exit"}, nil)
	b.post("/control/link", map[string]any{"link_token": updated.LinkToken}, nil)
	require.Len(t, *b.linkToken(updated.LinkToken).LinkSessions, 2)
	fresh := b.newToken()
	b.post("/control/link", map[string]any{"link_token": fresh, "username": "user_good", "password": "nonsense"}, nil)
	b.post("/control/link", map[string]any{"link_token": fresh, "username": "user_good", "password": "pass_good"}, nil)
	require.Len(t, *b.linkToken(fresh).LinkSessions, 2)
	_, resp, err = b.api.LinkTokenCreate(ctx).LinkTokenCreateRequest(*linkTokenRequest()).Execute()
	fails("INVALID_REQUEST", "INVALID_FIELD", resp, err)
	_, resp, err = b.api.LinkTokenGet(ctx).LinkTokenGetRequest(*plaid.NewLinkTokenGetRequest("link-sandbox-unknown")).Execute()
	fails("INVALID_INPUT", "INVALID_LINK_TOKEN", resp, err)

	// /institutions/get_by_id
	withStatus := plaid.NewInstitutionsGetByIdRequest("ins_132363", []plaid.CountryCode{plaid.COUNTRYCODE_US})
	withStatus.SetOptions(
		plaid.InstitutionsGetByIdRequestOptions{IncludeStatus: plaid.PtrBool(true), IncludeOptionalMetadata: plaid.PtrBool(true)},
	)
	bank, _, err := b.api.InstitutionsGetById(ctx).InstitutionsGetByIdRequest(*withStatus).Execute()
	require.NoError(t, err)
	logins := bank.Institution.Status.Get().ItemLogins.Get()
	require.Equal(t, "DEGRADED", logins.Status)
	require.Less(t, float64(logins.Breakdown.Success), 0.9)
	_, resp, err = b.api.InstitutionsGetById(ctx).InstitutionsGetByIdRequest(
		*plaid.NewInstitutionsGetByIdRequest(platypus, []plaid.CountryCode{plaid.COUNTRYCODE_GB})).Execute()
	fails("INVALID_INPUT", "INVALID_INSTITUTION", resp, err)

	// /webhook_verification_key/get
	var key struct{ Kid string }
	b.get("/control/webhook-key", &key)
	got, _, err := b.api.WebhookVerificationKeyGet(ctx).
		WebhookVerificationKeyGetRequest(*plaid.NewWebhookVerificationKeyGetRequest(key.Kid)).
		Execute()
	require.NoError(t, err)
	require.Nil(t, got.Key.ExpiredAt.Get())
	_, resp, err = b.api.WebhookVerificationKeyGet(ctx).
		WebhookVerificationKeyGetRequest(*plaid.NewWebhookVerificationKeyGetRequest("unknown")).
		Execute()
	fails("INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID", resp, err)

	// /sandbox/item/reset_login, /sandbox/item/fire_webhook
	reset, _, err := b.api.SandboxItemResetLogin(ctx).
		SandboxItemResetLoginRequest(*plaid.NewSandboxItemResetLoginRequest(accessToken)).
		Execute()
	require.NoError(t, err)
	require.True(t, reset.ResetLogin)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	for _, code := range []string{
		"LOGIN_REPAIRED", "PENDING_DISCONNECT", "USER_PERMISSION_REVOKED", "USER_ACCOUNT_REVOKED", "NEW_ACCOUNTS_AVAILABLE",
		"SYNC_UPDATES_AVAILABLE", "DEFAULT_UPDATE", "RECURRING_TRANSACTIONS_UPDATE",
	} {
		fired, _, err := b.api.SandboxItemFireWebhook(ctx).
			SandboxItemFireWebhookRequest(*plaid.NewSandboxItemFireWebhookRequest(accessToken, code)).
			Execute()
		require.NoError(t, err, code)
		require.True(t, fired.WebhookFired)
	}
	_, resp, err = b.api.SandboxItemFireWebhook(ctx).
		SandboxItemFireWebhookRequest(*plaid.NewSandboxItemFireWebhookRequest(accessToken, "ERROR")).
		Execute()
	fails("SANDBOX_ERROR", "SANDBOX_PRODUCT_NOT_ENABLED", resp, err)
	_, resp, err = b.api.SandboxItemFireWebhook(ctx).
		SandboxItemFireWebhookRequest(*plaid.NewSandboxItemFireWebhookRequest(oauthToken, "LOGIN_REPAIRED")).
		Execute()
	fails("SANDBOX_ERROR", "SANDBOX_WEBHOOK_INVALID", resp, err)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken), "a fired webhook changes nothing")

	// /item/webhook/update
	move := plaid.NewItemWebhookUpdateRequest(accessToken)
	move.SetWebhook(b.receiver.url + "/new")
	moved, _, err := b.api.ItemWebhookUpdate(ctx).ItemWebhookUpdateRequest(*move).Execute()
	require.NoError(t, err)
	require.Equal(t, b.receiver.url+"/new", *moved.Item.Webhook.Get())
	move.SetWebhook("nowhere")
	_, resp, err = b.api.ItemWebhookUpdate(ctx).ItemWebhookUpdateRequest(*move).Execute()
	fails("INVALID_REQUEST", "INVALID_FIELD", resp, err)

	// /item/remove
	_, _, err = b.api.ItemRemove(ctx).ItemRemoveRequest(*plaid.NewItemRemoveRequest(oauthToken)).Execute()
	require.NoError(t, err)
	_, resp, err = b.api.ItemGet(ctx).ItemGetRequest(*plaid.NewItemGetRequest(oauthToken)).Execute()
	fails("ITEM_ERROR", "ITEM_NOT_FOUND", resp, err)
	_, resp, err = b.api.ItemRemove(ctx).ItemRemoveRequest(*plaid.NewItemRemoveRequest(oauthToken)).Execute()
	fails("ITEM_ERROR", "ITEM_NOT_FOUND", resp, err)

	// wrong keys
	_, resp, err = b.client("client", "wrong").ItemGet(ctx).ItemGetRequest(*plaid.NewItemGetRequest(accessToken)).Execute()
	fails("INVALID_INPUT", "INVALID_API_KEYS", resp, err)

	want := b.server.APIPaths()
	slices.Sort(want)
	require.Equal(t, want, b.contract.Covered(), "every served path must have been driven")
}
