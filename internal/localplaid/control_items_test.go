package localplaid_test

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

func TestControlBank_downLetsNobodyInAndLeavesItemsAsTheyAre(t *testing.T) {
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

func TestControlConsent_setsTheEndAndUpdateModeRenewsIt(t *testing.T) {
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

func TestControlItem_staysOverARelink(t *testing.T) {
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

func TestItemWebhookUpdate_movesTheItemsWebhooks(t *testing.T) {
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

func TestControlItems_refuseWhatTheyDoNotUnderstand(t *testing.T) {
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

func TestControlBreak_unknownCodeIsAnItemError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "BRAND_NEW_CODE"}, nil)
	failure := b.item(accessToken).Item.Error.Get()
	require.Equal(t, "ITEM_ERROR", string(failure.ErrorType))
	require.Equal(t, "BRAND_NEW_CODE", failure.ErrorCode)
}

// chosen is what /control/breakall and /control/healall answer.
type chosen struct {
	Count    int
	ItemIDs  []string `json:"item_ids"`
	Webhooks int
}

func (b *rig) many(control string, fields map[string]any) chosen {
	b.t.Helper()
	var got chosen
	require.Equal(b.t, http.StatusOK, b.post("/control/"+control, fields, &got))
	require.Len(b.t, got.ItemIDs, got.Count)
	return got
}

func TestControlBreakAll_breaksAndHealsManyAtOnce(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	var tokens, ids []string
	for range 10 {
		b.clock.advance(time.Second)
		accessToken, itemID := b.newItem(platypus, b.receiver.url)
		tokens, ids = append(tokens, accessToken), append(ids, itemID)
	}
	b.clock.advance(time.Second)
	silent, silentID := b.newItem(platypus, "")
	elsewhere, elsewhereID := b.newItem(platypusOAuth, b.receiver.url)
	removed, _ := b.newItem(platypus, b.receiver.url)
	_, _, err := b.api.ItemRemove(t.Context()).ItemRemoveRequest(*plaid.NewItemRemoveRequest(removed)).Execute()
	require.NoError(t, err)

	here := map[string]any{"institution_id": platypus, "error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED"}
	got := b.many("breakall", here)
	require.Equal(t, append(ids, silentID), got.ItemIDs, "in the order of their creation, and none that was removed")
	require.Equal(t, 10, got.Webhooks)
	for i, accessToken := range tokens {
		require.Equal(t, "OAUTH_CONSENT_EXPIRED", b.item(accessToken).Item.Error.Get().GetErrorCodeReason())
		require.Len(t, b.deliveries(ids[i]), 1)
	}
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(silent))
	require.Empty(t, b.itemError(elsewhere))

	require.Equal(
		t,
		chosen{Count: 3, ItemIDs: []string{ids[3], ids[6], ids[9]}},
		b.many("healall", map[string]any{"institution_id": platypus, "share": 0.3}),
		"the share rounded down, spread evenly",
	)
	require.Equal(t, 8, b.many("healall", map[string]any{"institution_id": platypus}).Count, "only those still broken")
	require.Empty(t, b.many("healall", map[string]any{}).ItemIDs)
	require.Empty(t, b.itemError(tokens[0]))

	quietly := map[string]any{"error_code": "INSTITUTION_DOWN", "webhook": false, "share": 0.5}
	first := b.many("breakall", quietly)
	require.Equal(t, 6, first.Count, "of all institutions")
	require.Zero(t, first.Webhooks)
	require.Equal(t, first, b.many("breakall", quietly), "the same share is the same Items")
	require.Contains(t, b.many("breakall", map[string]any{"error_code": "NO_ACCOUNTS"}).ItemIDs, elsewhereID)
	require.Len(t, b.deliveries(ids[0]), 2)
}

func TestControlBreak_doesNotWaitForTheReceiver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	release := make(chan struct{})
	slow := slowReceiver(t, release, make(chan struct{}, 1))
	_, itemID := b.newItem(platypus, slow)
	var answer struct {
		DeliveryID string `json:"delivery_id"`
	}
	require.Equal(t, 200, b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, &answer))
	require.Equal(t, answer.DeliveryID, b.deliveries(itemID)[0].ID)
	require.Empty(t, b.deliveries(itemID)[0].Attempts, "answered while the receiver still holds the webhook")
	require.Equal(
		t,
		http.StatusConflict,
		b.post("/control/fire", map[string]any{"repeat_of": answer.DeliveryID}, nil),
		"nothing to repeat yet",
	)
	close(release)
	require.Eventually(t, func() bool { return len(b.deliveries(itemID)[0].Attempts) == 1 }, 5*time.Second, 2*time.Millisecond)
}

func TestControlHeal_clearsTheErrorWithoutRenewingConsent(t *testing.T) {
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
