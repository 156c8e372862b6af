package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func (b *rig) bank(institution, status string) {
	b.t.Helper()
	require.Equal(b.t, http.StatusOK, b.post("/control/bank", map[string]any{"institution_id": institution, "status": status}, nil))
}

// logins is what /institutions/get_by_id says about logging in.
func (b *rig) logins(institution string) plaid.ProductStatus {
	b.t.Helper()
	req := plaid.NewInstitutionsGetByIdRequest(institution, []plaid.CountryCode{plaid.COUNTRYCODE_US})
	req.SetOptions(plaid.InstitutionsGetByIdRequestOptions{IncludeStatus: plaid.PtrBool(true)})
	got, _, err := b.api.InstitutionsGetById(b.t.Context()).InstitutionsGetByIdRequest(*req).Execute()
	require.NoError(b.t, err)
	return *got.Institution.Status.Get().ItemLogins.Get()
}

func (b *rig) accountsError(accessToken string) string {
	b.t.Helper()
	_, _, err := b.api.AccountsGet(b.t.Context()).AccountsGetRequest(*plaid.NewAccountsGetRequest(accessToken)).Execute()
	if err == nil {
		return ""
	}
	return plaidFailure(b.t, err).ErrorCode
}

func TestABankThatIsDownLetsNobodyInAndLeavesItsItemsAsTheyAre(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	for _, institution := range []string{platypus, platypusOAuth} {
		healthy, _ := b.newItem(institution, b.receiver.url)
		broken, brokenID := b.newItem(institution, b.receiver.url)
		elsewhere, _ := b.newItem("ins_109511", "")
		b.post("/control/break", map[string]any{"item_id": brokenID, "error_code": "ITEM_LOGIN_REQUIRED", "webhook": false}, nil)
		good := map[string]any{"link_token": b.updateToken(broken), "username": "user_good", "password": "pass_good"}
		b.clock.advance(time.Minute)
		since := b.clock.Now()
		b.bank(institution, "DOWN")
		b.clock.advance(time.Minute)
		b.bank(institution, "DOWN")

		down := b.logins(institution)
		require.Equal(t, "DOWN", down.Status)
		require.True(t, since.Equal(down.LastStatusChange), "said again, nothing changes")
		got := b.play(good)
		require.Equal(t, "onExit", got.Callback)
		require.Equal(t, "INSTITUTION_DOWN", got.Error.ErrorCode)
		require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(broken))
		require.Empty(t, b.itemError(healthy), "/item/get knows nothing of it")
		require.Equal(t, "INSTITUTION_DOWN", b.accountsError(healthy))
		require.Equal(t, "ITEM_LOGIN_REQUIRED", b.accountsError(broken))
		require.Empty(t, b.accountsError(elsewhere))
		require.Equal(t, "DOWN", b.restart().logins(institution).Status)

		b.bank(institution, "DEGRADED")
		require.Equal(t, "DEGRADED", b.logins(institution).Status)
		require.Empty(t, b.accountsError(healthy))
		require.Equal(t, "onSuccess", b.play(good).Callback)
		require.Empty(t, b.itemError(broken))
		b.bank(institution, "HEALTHY")
		require.Equal(t, "HEALTHY", b.restart().logins(institution).Status)
	}
	require.Empty(t, b.deliveries(""), "no webhook is sent")
}

func TestConsentEndsWhenToldAndUpdateModeRenewsIt(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	ends := func(accessToken string) *time.Time { return b.item(accessToken).Item.ConsentExpirationTime.Get() }
	soon := b.clock.Now().Add(72 * time.Hour)
	for _, institution := range []string{platypus, platypusOAuth} {
		accessToken, itemID := b.newItem(institution, b.receiver.url)
		require.Equal(t, 200, b.post("/control/consent", map[string]any{"item_id": itemID, "expires_at": soon.In(time.FixedZone("", 3600))}, nil))
		require.True(t, soon.Equal(*ends(accessToken)))
		require.True(t, soon.Equal(*b.restart().item(accessToken).Item.ConsentExpirationTime.Get()))
		b.play(map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"})
		require.True(t, ends(accessToken).After(soon.Add(300*24*time.Hour)), "a login starts it anew")
		require.Equal(t, 200, b.post("/control/consent", map[string]any{"item_id": itemID, "expires_at": nil}, nil))
		require.Nil(t, ends(accessToken))
	}
	require.Empty(t, b.deliveries(""), "no webhook is sent")
}

func TestARelinkKeepsAllButTheErrorAndItsData(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	require.Equal(t, "background", b.item(accessToken).Item.UpdateType)
	long := b.clock.Now().Add(-90 * 24 * time.Hour)
	require.Equal(t, 200, b.post("/control/item", map[string]any{"item_id": itemID, "update_type": "user_present_required"}, nil))
	require.Equal(t, 200, b.post("/control/item", map[string]any{"item_id": itemID, "last_successful_update": long}, nil))
	stale := b.item(accessToken)
	require.Equal(t, "user_present_required", stale.Item.UpdateType, "what is left out stays")
	require.True(t, long.Equal(*stale.Status.Get().Transactions.Get().LastSuccessfulUpdate.Get()))

	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED", "webhook": false}, nil)
	b.play(map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"})
	relinked := b.item(accessToken)
	require.True(t, b.clock.Now().Equal(*relinked.Status.Get().Transactions.Get().LastSuccessfulUpdate.Get()))
	require.Equal(t, stale.Item, relinked.Item)
	require.Equal(t, relinked.Item, b.restart().item(accessToken).Item)
}

func TestAnItemsWebhooksGoWhereItWasToldLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	move := func(to *string) string {
		req := plaid.NewItemWebhookUpdateRequest(accessToken)
		req.Webhook = *plaid.NewNullableString(to)
		got, _, err := b.api.ItemWebhookUpdate(t.Context()).ItemWebhookUpdateRequest(*req).Execute()
		require.NoError(t, err)
		return got.Item.GetWebhook()
	}
	require.Equal(t, b.receiver.url, move(&b.receiver.url))
	require.Contains(t, string(b.receiver.wait(t, 1).body), `"new_webhook_url": "`+b.receiver.url+`"`)
	require.Equal(t, "WEBHOOK_UPDATE_ACKNOWLEDGED", *b.item(accessToken).Status.Get().LastWebhook.Get().CodeSent.Get())
	require.Empty(t, move(nil))
	require.Equal(t, 400, b.post("/control/fire", map[string]any{"item_id": itemID, "webhook_code": "ERROR"}, nil), "it has no URL any more")
	require.Len(t, b.receiver.all(), 1, "nobody is told of that")
}

func TestControlsOfItemsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	created, _, err := b.api.SandboxPublicTokenCreate(t.Context()).SandboxPublicTokenCreateRequest(
		*plaid.NewSandboxPublicTokenCreateRequest(platypus, []plaid.Products{plaid.PRODUCTS_AUTH})).Execute()
	require.NoError(t, err)
	_, withoutData := b.exchange(created.PublicToken)
	before := b.item(accessToken)
	for name, test := range map[string]struct {
		path   string
		body   map[string]any
		status int
	}{
		"unknown bank":              {"bank", map[string]any{"institution_id": "ins_0", "status": "DOWN"}, 404},
		"unknown status":            {"bank", map[string]any{"institution_id": platypus, "status": "down"}, 400},
		"consent of nobody":         {"consent", map[string]any{"item_id": "nobody", "expires_at": nil}, 404},
		"consent without its end":   {"consent", map[string]any{"item_id": itemID}, 400},
		"consent with half a time":  {"consent", map[string]any{"item_id": itemID, "expires_at": "tomorrow"}, 400},
		"nothing to change":         {"item", map[string]any{"item_id": itemID}, 400},
		"unknown update type":       {"item", map[string]any{"item_id": itemID, "update_type": "never"}, 400},
		"an Item of nobody":         {"item", map[string]any{"item_id": "nobody", "update_type": "background"}, 404},
		"data of an Item without":   {"item", map[string]any{"item_id": withoutData, "last_successful_update": time.Now()}, 400},
		"breaking without a code":   {"breakall", map[string]any{"institution_id": platypus}, 400},
		"breaking at unknown banks": {"breakall", map[string]any{"institution_id": "ins_0", "error_code": "ITEM_LOGIN_REQUIRED"}, 404},
		"breaking nobody":           {"breakall", map[string]any{"error_code": "ITEM_LOGIN_REQUIRED", "share": 0}, 400},
		"healing more than all":     {"healall", map[string]any{"share": 1.01}, 400},
		"healing with a code":       {"healall", map[string]any{"error_code": "ITEM_LOGIN_REQUIRED"}, 400},
	} {
		var answer struct{ Error string }
		require.Equal(t, test.status, b.post("/control/"+test.path, test.body, &answer), name)
		require.NotEmpty(t, answer.Error, name)
	}
	after := b.item(accessToken)
	require.Equal(t, before.Item, after.Item)
	require.Equal(t, "HEALTHY", b.logins(platypus).Status)
}
