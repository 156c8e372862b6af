package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

// played is what /control/link answers.
type played struct {
	Callback    string
	PublicToken string `json:"public_token"`
	Error       *struct {
		ErrorCode string `json:"error_code"`
	}
	Metadata struct {
		Status        string
		LinkSessionID string `json:"link_session_id"`
		Institution   *struct {
			InstitutionID string `json:"institution_id"`
		}
		Accounts []struct{ ID string }
	}
}

func (b *rig) play(fields map[string]any) played {
	b.t.Helper()
	var got played
	require.Equal(b.t, 200, b.post("/control/link", fields, &got))
	return got
}

func TestUpdateModeRepairsABrokenItemAndSendsNoWebhook(t *testing.T) {
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

func TestAWrongPasswordLeavesTheItemBroken(t *testing.T) {
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

func TestAOneTimeCodeIsAskedForAndChecked(t *testing.T) {
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

func TestAnOAuthBankTakesAnythingAndRenewsConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypusOAuth, "")
	before := *b.item(accessToken).Item.ConsentExpirationTime.Get()
	b.clock.advance(300 * 24 * time.Hour)
	require.Equal(t, "onSuccess", b.play(map[string]any{"link_token": b.updateToken(accessToken)}).Callback)
	after := *b.item(accessToken).Item.ConsentExpirationTime.Get()
	require.Equal(t, 300*24*time.Hour, after.Sub(before))
}

func TestHealClearsTheErrorWithoutRenewingConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypusOAuth, b.receiver.url)
	before := *b.item(accessToken).Item.ConsentExpirationTime.Get()
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED", "webhook": false}, nil)
	b.clock.advance(time.Hour)
	require.Equal(t, 200, b.post("/control/heal", map[string]any{"item_id": itemID}, nil))
	require.Empty(t, b.itemError(accessToken))
	require.Equal(t, before, *b.item(accessToken).Item.ConsentExpirationTime.Get())
	var sent struct{ Webhooks []any }
	b.get("/control/webhooks", &sent)
	require.Empty(t, sent.Webhooks, "neither a silent break nor heal sends a webhook")
}

func TestNoAccountsNeedsAccountSelectionToBeRepaired(t *testing.T) {
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

func TestNobodyLogsInWhileTheBankIsTheTrouble(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "INSTITUTION_NOT_RESPONDING"}, nil)
	got := b.play(map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"})
	require.Equal(t, "INSTITUTION_NOT_RESPONDING", got.Error.ErrorCode)
	require.Equal(t, "INSTITUTION_NOT_RESPONDING", b.itemError(accessToken))
}

func TestANewItemComesFromALinkTokenWithoutAnItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.play(map[string]any{"link_token": b.newToken(), "username": "user_good", "password": "pass_good", "institution_id": "ins_109511"})
	require.Equal(t, "onSuccess", got.Callback)
	accessToken, _ := b.exchange(got.PublicToken)
	item := b.item(accessToken).Item
	require.Equal(t, "ins_109511", *item.InstitutionId.Get())
	require.Equal(t, b.receiver.url, *item.Webhook.Get())
	require.Equal(t, []plaid.Products{plaid.PRODUCTS_TRANSACTIONS}, item.GetProducts())
}

func TestTokensLiveAsLongAsPlaidsDo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	update, fresh := b.updateToken(accessToken), b.newToken()
	require.Equal(t, b.clock.Now().Add(30*time.Minute), *b.linkToken(update).Expiration.Get())
	require.Equal(t, b.clock.Now().Add(4*time.Hour), *b.linkToken(fresh).Expiration.Get())

	opens := func(token string) bool {
		got := b.play(map[string]any{"link_token": token, "outcome": "exit"})
		return got.Error == nil || got.Error.ErrorCode != "INVALID_LINK_TOKEN"
	}
	b.clock.advance(30*time.Minute - time.Millisecond)
	require.True(t, opens(update))
	b.clock.advance(time.Millisecond)
	require.False(t, opens(update), "an update-mode link token dies after 30 minutes")
	require.True(t, opens(fresh))
	b.clock.advance(4 * time.Hour)
	require.False(t, opens(fresh), "a link token for a new Item dies after 4 hours")
	require.Len(t, *b.linkToken(update).LinkSessions, 1, "sessions stay readable")
}

func TestAPublicTokenWorksOnceAndForHalfAnHour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	exchange := func(token string) error {
		_, _, err := b.api.ItemPublicTokenExchange(t.Context()).ItemPublicTokenExchangeRequest(*plaid.NewItemPublicTokenExchangeRequest(token)).Execute()
		return err
	}
	link := func() string {
		return b.play(map[string]any{"link_token": b.newToken(), "username": "user_good", "password": "pass_good"}).PublicToken
	}
	once := link()
	require.NoError(t, exchange(once))
	require.Equal(t, "INVALID_PUBLIC_TOKEN", plaidFailure(t, exchange(once)).ErrorCode)
	late := link()
	b.clock.advance(30 * time.Minute)
	require.Equal(t, "INVALID_PUBLIC_TOKEN", plaidFailure(t, exchange(late)).ErrorCode)
}

func TestWhatPlaidRefusesIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	keys := `"client_id":"client","secret":"secret"`
	link := keys + `,"client_name":"Acme","language":"en","country_codes":["US"],"user":{"client_user_id":"u"}`
	for name, test := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"not JSON":              {"/item/get", `{`, 400, "INVALID_BODY"},
		"no keys":               {"/item/get", `{"access_token":"x"}`, 400, "MISSING_FIELDS"},
		"wrong secret":          {"/item/get", `{"client_id":"client","secret":"no","access_token":"x"}`, 400, "INVALID_API_KEYS"},
		"no token":              {"/item/get", `{` + keys + `}`, 400, "MISSING_FIELDS"},
		"misspelled field":      {"/item/get", `{` + keys + `,"acess_token":"x"}`, 400, "UNKNOWN_FIELDS"},
		"wrong type":            {"/item/get", `{` + keys + `,"access_token":7}`, 400, "INVALID_FIELD"},
		"token malformed":       {"/item/get", `{` + keys + `,"access_token":"x"}`, 400, "INVALID_ACCESS_TOKEN"},
		"other environment":     {"/item/get", `{` + keys + `,"access_token":"access-production-x"}`, 400, "INVALID_ACCESS_TOKEN"},
		"keys in the body":      {"/item/get", `{` + keys + `,"access_token":"` + accessToken + `"}`, 200, ""},
		"no such path":          {"/item/made_up", `{}`, 404, "NOT_FOUND"},
		"products in update":    {"/link/token/create", `{` + link + `,"access_token":"` + accessToken + `","products":["auth"]}`, 400, "INVALID_FIELD"},
		"balance as a product":  {"/link/token/create", `{` + link + `,"products":["balance"]}`, 400, "INVALID_PRODUCT"},
		"plain HTTP redirect":   {"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"http://example.com/back"}`, 400, "INVALID_FIELD"},
		"redirect with a query": {"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"https://example.com/back?a=1"}`, 400, "INVALID_FIELD"},
		"country":               {"/link/token/create", strings.Replace(`{`+link+`,"products":["auth"]}`, `"US"`, `"XX"`, 1), 400, "INVALID_FIELD"},
		"redirect with a hash":  {"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"https://example.com/back#"}`, 400, "INVALID_FIELD"},
		"redirect by wildcard":  {"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"https://*.example.com/back"}`, 400, "INVALID_FIELD"},
		"redirect to an app":    {"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"acme://back"}`, 400, "INVALID_FIELD"},
		"hosted for no time":    {"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"url_lifetime_seconds":0}}`, 400, "INVALID_FIELD"},
		"hosted for too long":   {"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"url_lifetime_seconds":1814401}}`, 400, "INVALID_FIELD"},
		"hosted by pigeon":      {"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"delivery_method":"pigeon"}}`, 400, "INVALID_FIELD"},
		"completion by script":  {"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"completion_redirect_uri":"javascript:alert(1)"}}`, 400, "INVALID_FIELD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+test.path, strings.NewReader(test.body))
			require.NoError(t, err)
			status, failure := answerOf(t, req)
			require.Equal(t, test.status, status)
			require.Equal(t, test.code, failure.ErrorCode)
			require.NotEmpty(t, failure.RequestID)
		})
	}
}
