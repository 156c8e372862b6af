package plaid_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/localplaid"
	"relink/internal/localplaid/contract"
	"relink/internal/plaid"
)

// bench is a Client with a local Plaid. All traffic between the two is checked against Plaid's OpenAPI file.
type bench struct {
	*plaid.Client
	url      string
	opts     plaid.Options
	official *sdk.PlaidApiService
	contract *contract.Transport
}

func setup(t *testing.T) bench {
	t.Helper()
	server, err := localplaid.New(localplaid.Options{ClientID: "client", Secret: "secret"})
	require.NoError(t, err)
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)

	b := bench{url: web.URL, opts: options(web.URL), contract: contract.NewTransport(t, web.Client().Transport)}
	b.opts.HTTPClient = &http.Client{Transport: b.contract}
	b.Client = clientOf(t, b.opts)
	cfg := sdk.NewConfiguration()
	cfg.UseEnvironment(sdk.Environment(web.URL))
	cfg.AddDefaultHeader("PLAID-CLIENT-ID", "client")
	cfg.AddDefaultHeader("PLAID-SECRET", "secret")
	b.official = sdk.NewAPIClient(cfg).PlaidApi
	return b
}

// publicToken returns a public token for a new Item, as Link does.
func (b bench) publicToken(t *testing.T, institution string) string {
	t.Helper()
	created, _, err := b.official.SandboxPublicTokenCreate(t.Context()).SandboxPublicTokenCreateRequest(
		*sdk.NewSandboxPublicTokenCreateRequest(institution, []sdk.Products{sdk.PRODUCTS_AUTH})).Execute()
	require.NoError(t, err)
	return created.PublicToken
}

func (b bench) link(t *testing.T, institution string) linksession.Linked {
	t.Helper()
	linked, err := b.Exchange(t.Context(), b.publicToken(t, institution))
	require.NoError(t, err)
	return linked
}

func (b bench) control(t *testing.T, path string, body map[string]any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	resp, err := http.Post(b.url+"/control/"+path, "application/json", bytes.NewReader(encoded))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func (b bench) status(t *testing.T, linked linksession.Linked) item.PlaidStatus {
	t.Helper()
	status, err := b.Status(t.Context(), linked.Token, true)
	require.NoError(t, err)
	return status
}

func TestContract_aWholeRelinkKeepsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	linked := b.link(t, "ins_109508")
	require.Equal(t, "ins_109508", linked.InstitutionID)
	require.Equal(t, "First Platypus Bank", linked.Institution)
	require.Equal(t, "items/"+string(linked.ItemID), linked.Token.Row)
	require.True(t, b.status(t, linked).Healthy())

	b.control(t, "break", map[string]any{"item_id": linked.ItemID, "error_code": "ITEM_LOGIN_REQUIRED"})
	require.Equal(t, item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, b.status(t, linked))

	before := time.Now()
	token, err := b.UpdateLinkToken(t.Context(), plaid.UpdateLink{
		ItemID: linked.ItemID, Sealed: linked.Token, MerchantID: "m_42", Language: "en", CountryCodes: []string{"US", "CA"},
		AccountSelection: true, RedirectURI: "http://localhost:8080/relink/return",
	})
	require.NoError(t, err)
	require.WithinDuration(t, before.Add(30*time.Minute), token.ExpiresAt, time.Minute)
	b.control(t, "link", map[string]any{"link_token": token.Token.Reveal(), "username": "user_good", "password": "pass_good"})
	require.True(t, b.status(t, linked).Healthy())

	require.Equal(t, []string{
		"/accounts/get", "/institutions/get_by_id", "/item/get", "/item/public_token/exchange", "/link/token/create",
	}, b.contract.Covered())
}

func TestStatus_consentAndItsReasonAreReadAtAnOAuthBank(t *testing.T) {
	t.Parallel()
	b := setup(t)
	linked := b.link(t, "ins_127287")
	require.Greater(t, time.Until(b.status(t, linked).ConsentExpiresAt), 24*time.Hour)
	b.control(t, "break", map[string]any{
		"item_id": linked.ItemID, "error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED",
	})
	status := b.status(t, linked)
	require.Equal(t, "OAUTH_CONSENT_EXPIRED", status.ErrorReason)
	state, cause, decided := status.Classify()
	require.Equal(t, item.LoginRequired, state)
	require.Equal(t, item.ConsentExpired, cause)
	require.True(t, decided)
}

func TestStatus_aRemovedItemIsGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	linked := b.link(t, "ins_109508")
	token, err := shelf{}.Open(linked.Token)
	require.NoError(t, err)
	_, _, err = b.official.ItemRemove(t.Context()).ItemRemoveRequest(*sdk.NewItemRemoveRequest(token)).Execute()
	require.NoError(t, err)
	require.Equal(t, item.PlaidStatus{Gone: true}, b.status(t, linked))
}

func TestExchange_aPublicTokenWorksOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.publicToken(t, "ins_109508")
	_, err := b.Exchange(t.Context(), token)
	require.NoError(t, err)
	_, err = b.Exchange(t.Context(), token)
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "INVALID_PUBLIC_TOKEN", e.Code)
	require.True(t, e.Final())
	require.False(t, e.OurFault())
	require.NotEmpty(t, e.RequestID)
}

func TestWebhookKey_isFetchedByItsID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	resp, err := http.Get(b.url + "/control/webhook-key")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var current struct {
		Kid string `json:"kid"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&current))

	key, err := b.WebhookKey(t.Context(), current.Kid)
	require.NoError(t, err)
	require.Zero(t, key.ExpiredAt)
	require.Contains(t, string(key.JSON), `"kid":"`+current.Kid+`"`)

	_, err = b.WebhookKey(t.Context(), "6c5516e1-92dc-479e-a8ff-5a51992e0001")
	require.ErrorIs(t, err, plaid.ErrUnknownKey)
}

func TestStatus_aDeletedSecretIsNeverBlamedOnTheItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	linked := b.link(t, "ins_109508")
	opts := b.opts
	opts.Secrets = func() []string { return []string{"deleted"} }
	_, err := clientOf(t, opts).Status(t.Context(), linked.Token, true)
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.OurFault())
	require.False(t, e.Final())

	opts.Secrets = func() []string { return []string{"deleted", "secret"} }
	status, err := clientOf(t, opts).Status(t.Context(), linked.Token, true)
	require.NoError(t, err)
	require.True(t, status.Healthy())
}

func TestLinkedAt_anEndAheadIsMovedByALinkSessionThatSucceeded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	linked := b.link(t, "ins_127287")
	soon := time.Now().Add(72 * time.Hour).UTC().Truncate(time.Millisecond)
	b.control(t, "consent", map[string]any{"item_id": linked.ItemID, "expires_at": soon})
	require.Equal(t, soon, b.status(t, linked).ConsentExpiresAt)

	token, err := b.UpdateLinkToken(t.Context(), plaid.UpdateLink{
		ItemID: linked.ItemID, Sealed: linked.Token, MerchantID: "m_42", Language: "en",
	})
	require.NoError(t, err)
	linkedAt := func() time.Time {
		at, err := b.LinkedAt(t.Context(), token.Sealed)
		require.NoError(t, err)
		return at
	}
	require.Zero(t, linkedAt(), "nobody opened it")
	play := map[string]any{"link_token": token.Token.Reveal(), "outcome": "exit"}
	b.control(t, "link", play)
	b.control(t, "bank", map[string]any{"institution_id": "ins_127287", "status": "DOWN"})
	delete(play, "outcome")
	b.control(t, "link", play)
	require.Zero(t, linkedAt(), "both times it was left")
	b.control(t, "bank", map[string]any{"institution_id": "ins_127287", "status": "DEGRADED"})
	before := time.Now().Truncate(time.Millisecond)
	b.control(t, "link", play)
	require.WithinRange(t, linkedAt(), before, time.Now())
	require.True(t, b.status(t, linked).ConsentExpiresAt.After(soon))

	unknown, err := shelf{}.Seal(linksession.TokenRow(linked.ItemID), "link-sandbox-4cc0d1f2-6a52-4d0e-8c0a-3f6d1a1f0a11")
	require.NoError(t, err)
	at, err := b.LinkedAt(t.Context(), unknown)
	require.NoError(t, err)
	require.Zero(t, at)
}

func TestLoginsDown_isReadAsPlaidStatesIt(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{"HEALTHY": false, "DEGRADED": false, "DOWN": true} {
		b := setup(t)
		linked := b.link(t, "ins_109508")
		b.control(t, "bank", map[string]any{"institution_id": "ins_109508", "status": status})
		got, err := b.LoginsDown(t.Context(), linked.InstitutionID)
		require.NoError(t, err)
		require.Equal(t, want, got, status)
		require.Equal(t, want, b.status(t, linked).ErrorCode == "INSTITUTION_DOWN")
		got, err = b.LoginsDown(t.Context(), "ins_0")
		require.NoError(t, err)
		require.False(t, got, "Plaid does not know it")
	}
}

func TestContract_aCheckupAndARemovalKeepIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	created, _, err := b.official.SandboxPublicTokenCreate(t.Context()).SandboxPublicTokenCreateRequest(
		*sdk.NewSandboxPublicTokenCreateRequest("ins_109508", []sdk.Products{sdk.PRODUCTS_TRANSACTIONS})).Execute()
	require.NoError(t, err)
	linked, err := b.Exchange(t.Context(), created.PublicToken)
	require.NoError(t, err)
	stale := time.Now().Add(-90 * 24 * time.Hour).UTC().Truncate(time.Millisecond)
	b.control(t, "item", map[string]any{"item_id": linked.ItemID, "update_type": "user_present_required", "last_successful_update": stale})
	want := item.Check{Status: item.PlaidStatus{UserPresent: true, DataAt: stale}, DataAt: stale}
	require.Equal(t, want, b.checkup(t, linked))

	want.Webhook = "https://relink.example/webhooks/plaid/sandbox"
	require.NoError(t, b.UpdateWebhook(t.Context(), linked.Token, want.Webhook))
	require.Equal(t, want, b.checkup(t, linked))

	require.NoError(t, b.Remove(t.Context(), linked.Token))
	require.NoError(t, b.Remove(t.Context(), linked.Token))
	require.Equal(t, item.Check{Status: item.PlaidStatus{Gone: true}}, b.checkup(t, linked))
}

func (b bench) checkup(t *testing.T, linked linksession.Linked) item.Check {
	t.Helper()
	got, err := b.Check(t.Context(), linked.Token)
	require.NoError(t, err)
	return got
}
