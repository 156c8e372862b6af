package localplaid_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"

	"relink/internal/localplaid/contract"
)

const completionPage = "https://app.example.com/bank/done"

// hosted mints a hosted link: for an Item, or an empty access token for a new one.
func (b *rig) hosted(accessToken string, lifetime time.Duration) (link plaid.LinkTokenCreateResponse, hostedID string) {
	b.t.Helper()
	req := linkTokenRequest()
	if accessToken == "" {
		req.SetProducts([]plaid.Products{plaid.PRODUCTS_TRANSACTIONS})
	} else {
		req.SetAccessToken(accessToken)
	}
	req.SetWebhook(b.receiver.url)
	hosted := plaid.LinkTokenCreateHostedLink{
		CompletionRedirectUri: plaid.PtrString(completionPage),
		DeliveryMethod:        plaid.HOSTEDLINKDELIVERYMETHOD_EMAIL.Ptr(),
	}
	if lifetime != 0 {
		hosted.SetUrlLifetimeSeconds(int32(lifetime.Seconds()))
	}
	req.SetHostedLink(hosted)
	link, _, err := b.api.LinkTokenCreate(b.t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(b.t, err)
	id, ok := strings.CutPrefix(link.GetHostedLinkUrl(), b.url+"/link/hosted/")
	require.True(b.t, ok, "the page is the local Plaid's own: %s", link.GetHostedLinkUrl())
	return link, id
}

// linkHook is a LINK webhook as it arrived.
type linkHook struct {
	Type         string   `json:"webhook_type"`
	Code         string   `json:"webhook_code"`
	Status       string   `json:"status"`
	LinkToken    string   `json:"link_token"`
	SessionID    string   `json:"link_session_id"`
	PublicToken  string   `json:"public_token"`
	PublicTokens []string `json:"public_tokens"`
	Events       []struct {
		EventName string `json:"event_name"`
	}
}

// hooks waits for n webhooks, all of them well signed and as Plaid's OpenAPI file has them, and returns them by code.
func (b *rig) hooks(n int) map[string]linkHook {
	b.t.Helper()
	b.receiver.wait(b.t, n)
	byCode := map[string]linkHook{}
	for _, got := range b.receiver.all() {
		_, _, err := b.verify(got)
		require.NoError(b.t, err)
		contract.Webhook(b.t, got.body)
		var hook linkHook
		require.NoError(b.t, json.Unmarshal(got.body, &hook))
		byCode[hook.Code] = hook
	}
	require.Len(b.t, byCode, n)
	return byCode
}

func TestHostedLink_endsAtTheCompletionURIWithWebhooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	link, id := b.hosted(accessToken, 0)
	resp, page := fetch(t, link.GetHostedLinkUrl())
	require.Equal(t, 200, resp.StatusCode)
	require.Contains(t, page, "/link/session.js")

	at := b.step("start", map[string]any{"hosted_id": id})
	require.Equal(t, "CREDENTIAL", at.View)
	require.True(t, at.IsUpdateMode)
	at = b.step("credentials", map[string]any{"link_session_id": at.LinkSessionID, "username": "user_good", "password": "pass_good"})
	require.Empty(t, b.receiver.all(), "nothing is told before the session is over")
	done := b.step("finish", map[string]any{"link_session_id": at.LinkSessionID})
	require.Equal(t, completionPage, done.CompletionURI)

	hooks := b.hooks(2)
	finished := hooks["SESSION_FINISHED"]
	require.Equal(t, "SUCCESS", finished.Status)
	require.Equal(t, link.LinkToken, finished.LinkToken)
	require.Equal(t, at.LinkSessionID, finished.SessionID)
	require.Len(t, finished.PublicTokens, 1)
	require.Equal(t, "HANDOFF", hooks["EVENTS"].Events[0].EventName)
	session := (*b.linkToken(link.LinkToken).LinkSessions)[0]
	require.NotNil(t, session.FinishedAt.Get())
	require.Empty(t, session.Results.Get().GetItemAddResults(), "an update adds no Item")
	require.Empty(t, b.itemError(accessToken))
	require.Len(t, b.deliveries(itemID), 2, "they are listed with the Item")
	require.Nil(t, b.item(accessToken).Status.Get().LastWebhook.Get(), "they are not the Item's own")
}

func TestHostedLink_newItemIsListedInResults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link, _ := b.hosted("", 0)
	played := b.play(
		map[string]any{"link_token": link.LinkToken, "username": "user_good", "password": "pass_good", "accounts": []string{"1111"}},
	)
	require.Len(t, played.Metadata.Accounts, 1)
	hooks := b.hooks(3)
	require.Equal(t, played.PublicToken, hooks["ITEM_ADD_RESULT"].PublicToken)
	require.Equal(t, []string{played.PublicToken}, hooks["SESSION_FINISHED"].PublicTokens)
	results := (*b.linkToken(link.LinkToken).LinkSessions)[0].Results.Get().GetItemAddResults()
	require.Equal(t, played.PublicToken, results[0].PublicToken)
	require.Len(t, results[0].Accounts, 1)
}

func TestHostedLink_leftSessionEndsWithWebhooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	link, _ := b.hosted(accessToken, 0)
	require.Equal(t, "onExit", b.play(map[string]any{"link_token": link.LinkToken, "outcome": "wrong_password"}).Callback)
	hooks := b.hooks(2)
	require.Equal(t, "EXITED", hooks["SESSION_FINISHED"].Status)
	require.Empty(t, hooks["SESSION_FINISHED"].PublicTokens)
	require.Equal(t, "EXIT", hooks["EVENTS"].Events[0].EventName)
}

func TestHostedLink_bringsItsOwnReturnFromAnOAuthBank(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypusOAuth, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	link, id := b.hosted(accessToken, 0)
	at := b.step("start", map[string]any{"hosted_id": id})
	require.Equal(t, "OAUTH", at.View)
	require.True(t, at.MayRedirect)
	b.step("bank", map[string]any{"link_session_id": at.LinkSessionID, "way": "redirect"})
	_, location := b.submit(at.BankURL, b.bankForm(at.BankURL))
	state, ok := strings.CutPrefix(location, link.GetHostedLinkUrl()+"?oauth_state_id=")
	require.True(t, ok, "back to the hosted page: %s", location)

	again := map[string]any{"hosted_id": id, "oauth_state_id": state}
	require.Equal(t, "CONNECTED", b.step("start", again).View)
	require.Equal(t, "CONNECTED", b.step("start", again).View, "a page loaded again stands where it stood")
	done := b.step("finish", map[string]any{"link_session_id": at.LinkSessionID})
	require.Equal(t, completionPage, done.CompletionURI)
	require.Equal(t, completionPage, b.step("start", again).CompletionURI)
	require.Equal(t, "SUCCESS", b.hooks(2)["SESSION_FINISHED"].Status, "told exactly once, after the whole flow")
	require.Empty(t, b.itemError(accessToken))
	require.Equal(
		t,
		"OAUTH_STATE_ID_NOT_FOUND",
		b.step("start", map[string]any{"hosted_id": id, "oauth_state_id": "unknown"}).Outcome.Error.ErrorCode,
	)
	require.Equal(t, "OAUTH_STATE_ID_NOT_FOUND", b.resume(link.LinkToken, location).Outcome.Error.ErrorCode, "Plaid.create has no part in it")
}

func TestHostedLink_livesAsLongAsItsLinkToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	for _, test := range []struct {
		accessToken    string
		wanted, really time.Duration
	}{
		{"", 0, 30 * time.Minute},
		{"", 48 * time.Hour, 48 * time.Hour},
		{accessToken, 0, 30 * time.Minute},
		{accessToken, 10 * time.Minute, 10 * time.Minute},
		{accessToken, 48 * time.Hour, 30 * time.Minute},
	} {
		link, _ := b.hosted(test.accessToken, test.wanted)
		require.Equal(t, b.clock.Now().Add(test.really), link.Expiration)
	}
	_, id := b.hosted("", 0)
	b.clock.advance(30 * time.Minute)
	require.Equal(t, "INVALID_LINK_TOKEN", b.step("start", map[string]any{"hosted_id": id}).Outcome.Error.ErrorCode)
	require.Equal(t, "INVALID_LINK_TOKEN", b.step("start", map[string]any{"hosted_id": "lpunknown"}).Outcome.Error.ErrorCode)
}

func TestHostedLink_tokenOpensInAPageToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	link, _ := b.hosted(accessToken, 0)
	at := b.step("start", map[string]any{"link_token": link.LinkToken})
	left := b.step("exit", map[string]any{"link_session_id": at.LinkSessionID})
	require.Empty(t, left.CompletionURI)
	require.Empty(t, b.deliveries(itemID), "only hosted sessions are told by webhook")
}

func TestHostedLink_sessionOutlivesARestart(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	accessToken, _ := before.newItem(platypus, "")
	_, id := before.hosted(accessToken, 0)
	opened := before.restart()
	at := opened.step("start", map[string]any{"hosted_id": id})
	after := opened.restart()
	after.run()
	done := after.step("exit", map[string]any{"link_session_id": at.LinkSessionID})
	require.Equal(t, completionPage, done.CompletionURI)
	require.Equal(t, "EXITED", after.hooks(2)["SESSION_FINISHED"].Status)
}
