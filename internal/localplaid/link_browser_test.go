//go:build browser

// Link in a real browser, as a page that embeds it sees it: go test -tags browser ./internal/localplaid -run InABrowser
// It needs Chromium on PATH.
package localplaid_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

// embedding is a page that opens Link at once, and again where the bank has led back to it.
const embedding = `<!doctype html><html lang="en"><title>App</title><h1>App</h1>
<script src="%s/link/v2/stable/link-initialize.js"></script><script>
	const query = new URLSearchParams(location.search);
	if (query.has("token")) sessionStorage.token = query.get("token");
	window.calls = [];
	window.names = [];
	const options = {
		token: sessionStorage.token,
		onSuccess: () => calls.push("onSuccess"),
		onExit: (error) => calls.push("onExit " + (error ? error.error_code : "null")),
		onEvent: (name, metadata) => names.push(name + (metadata.view_name ? ":" + metadata.view_name : "")),
	};
	if (query.has("oauth_state_id")) options.receivedRedirectUri = location.href;
	window.handler = Plaid.create(options);
	handler.open();
</script></html>`

// screen is a tab on that page.
type screen struct {
	*rig

	ctx  context.Context
	site string
}

func newScreen(t *testing.T, b *rig, flags ...chromedp.ExecAllocatorOption) *screen {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, embedding, b.url)
	}))
	t.Cleanup(site.Close)
	all := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(all, flags...)...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	require.NoError(t, chromedp.Do(tab))
	ctx, cancel := context.WithTimeout(tab, 40*time.Second)
	t.Cleanup(cancel)
	return &screen{rig: b, ctx: ctx, site: site.URL}
}

func (s *screen) open(url string) {
	s.t.Helper()
	require.NoError(s.t, chromedp.Do(s.ctx, chromedp.Navigate(url)))
}

func (s *screen) values(ctx context.Context, expression string) string {
	s.t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	require.NoError(s.t, err, expression)
	return v
}

// frame is Link's document inside the page; nil where the page itself is Link.
func (s *screen) frame() chromedp.QueryOption {
	s.t.Helper()
	found, err := chromedp.Run(s.ctx, chromedp.Nodes(chromedp.CSS("iframe"), chromedp.NodeVisible))
	require.NoError(s.t, err)
	return chromedp.FromNode(found[0])
}

func (s *screen) reads(ctx context.Context, text string, in ...chromedp.QueryOption) {
	s.t.Helper()
	last := ""
	require.Eventually(s.t, func() bool {
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		last, _ = chromedp.Run(short, chromedp.Text(chromedp.CSS("body"), in...))
		return strings.Contains(last, text)
	}, 15*time.Second, 50*time.Millisecond, "want %q, the page reads %s", text, &last)
}

func (s *screen) tap(ctx context.Context, selector string, in ...chromedp.QueryOption) {
	s.t.Helper()
	require.NoError(s.t, chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), append(in, chromedp.NodeVisible)...)), selector)
}

func (s *screen) called(want string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.values(s.ctx, `(window.calls || []).join()`) == want }, 15*time.Second, 20*time.Millisecond)
}

func TestLink_phoneGoesToTheBankAndBackInABrowser(t *testing.T) {
	b := setup(t)
	s := newScreen(t, b, chromedp.UserAgent("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"))
	accessToken, token := b.oauthItem(s.site + "/return")
	s.open(s.site + "/?token=" + token)
	s.reads(s.ctx, "Log in at Platypus OAuth Bank", s.frame())
	s.tap(s.ctx, "#continue", s.frame())
	s.reads(s.ctx, "Accounts to share")
	s.tap(s.ctx, "#cancel")
	s.reads(s.ctx, "You came back without sharing anything", s.frame())
	s.tap(s.ctx, "#continue", s.frame())
	s.reads(s.ctx, "Accounts to share")
	s.tap(s.ctx, "#share")
	s.reads(s.ctx, "Success", s.frame())
	require.Contains(t, s.values(s.ctx, "location.href"), s.site+"/return?oauth_state_id=")
	s.tap(s.ctx, "#finish", s.frame())
	s.called("onSuccess")
	require.Equal(t, "TRANSITION_VIEW:CONNECTED,HANDOFF", s.values(s.ctx, "names.join()"))
	require.Empty(t, b.itemError(accessToken))
	s.open(s.values(s.ctx, "location.href"))
	s.reads(s.ctx, "This link cannot be opened", s.frame())
	s.tap(s.ctx, "#leave", s.frame())
	s.called("onExit OAUTH_STATE_ID_ALREADY_PROCESSED")
}

func TestLink_desktopOpensTheBankInAWindowInABrowser(t *testing.T) {
	b := setup(t)
	s := newScreen(t, b)
	accessToken, token := b.oauthItem("")
	s.open(s.site + "/?token=" + token)
	for _, button := range []string{"#cancel", "#share"} {
		s.reads(s.ctx, "Continue to Platypus OAuth Bank", s.frame())
		opened := chromedp.WaitNewTarget(s.ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/link/oauth/") })
		s.tap(s.ctx, "#continue", s.frame())
		bank, done := chromedp.NewContext(s.ctx, chromedp.WithTargetID(<-opened))
		defer done()
		require.NoError(t, chromedp.Do(bank), "unbounded, or its end would close the window")
		s.reads(bank, "Accounts to share")
		// Not by a tap, which would wait for an answer of the window that closes.
		_, err := chromedp.Run(bank, chromedp.Evaluate[bool](`setTimeout(() => document.querySelector("`+button+`").click()) > 0`))
		require.NoError(t, err)
	}
	s.reads(s.ctx, "Success", s.frame())
	s.tap(s.ctx, "#finish", s.frame())
	s.called("onSuccess")
	require.Contains(
		t,
		s.values(s.ctx, "names.join()"),
		"OPEN_OAUTH,CLOSE_OAUTH,TRANSITION_VIEW:OAUTH,OPEN_OAUTH,TRANSITION_VIEW:CONNECTED,HANDOFF",
	)
	require.Empty(t, b.itemError(accessToken))
}

func TestLink_saysThatTheBanksWindowWasBlockedInABrowser(t *testing.T) {
	b := setup(t)
	s := newScreen(t, b)
	_, token := b.oauthItem(s.site + "/return")
	_, err := chromedp.Call(
		s.ctx,
		page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.open = () => null`},
	)
	require.NoError(t, err)
	s.open(s.site + "/?token=" + token)
	s.reads(s.ctx, "Continue to Platypus OAuth Bank", s.frame())
	s.tap(s.ctx, "#continue", s.frame())
	s.reads(s.ctx, "Your browser blocked the bank's window", s.frame())
	s.tap(s.ctx, "#continue-here", s.frame())
	s.reads(s.ctx, "Accounts to share")
	s.tap(s.ctx, "#share")
	s.reads(s.ctx, "Success", s.frame())
}

func TestHostedLink_asksForDeviceCodeAndAccountsInABrowser(t *testing.T) {
	b := setup(t)
	s := newScreen(t, b)
	accessToken, _ := b.newItem(platypus, "")
	req := linkTokenRequest()
	req.SetAccessToken(accessToken)
	req.SetUpdate(plaid.LinkTokenCreateRequestUpdate{AccountSelectionEnabled: plaid.PtrBool(true)})
	req.SetHostedLink(plaid.LinkTokenCreateHostedLink{CompletionRedirectUri: plaid.PtrString(s.site + "/done?done=1")})
	link, _, err := b.api.LinkTokenCreate(t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(t, err)
	s.open(link.GetHostedLinkUrl())
	s.reads(s.ctx, "Log in to First Platypus Bank")
	fill := func(selector, text string) {
		require.NoError(t, chromedp.Do(s.ctx, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible)))
	}
	fill("#username", "user_good")
	fill("#password", "mfa_device")
	s.tap(s.ctx, "#credentials button")
	s.reads(s.ctx, "Choose where to get a code")
	s.tap(s.ctx, "#device button")
	s.reads(s.ctx, "Text message to ***-***-5309")
	fill("#otp", "0000")
	s.tap(s.ctx, "#code button")
	s.reads(s.ctx, "The provided MFA responses were not correct")
	fill("#otp", "1234")
	s.tap(s.ctx, "#code button")
	s.reads(s.ctx, "Choose your accounts")
	s.tap(s.ctx, "#account-list label:nth-child(2)")
	s.tap(s.ctx, "#accounts button")
	s.reads(s.ctx, "Success")
	s.tap(s.ctx, "#finish")
	require.Eventually(t, func() bool { return s.values(s.ctx, "location.search") == "?done=1" }, 15*time.Second, 20*time.Millisecond)
	require.Len(t, b.accounts(accessToken), 3)
}

func TestHostedLink_goesToAnOAuthBankAndBackInABrowser(t *testing.T) {
	b := setup(t)
	s := newScreen(t, b)
	accessToken, itemID := b.newItem(platypusOAuth, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	req := linkTokenRequest()
	req.SetAccessToken(accessToken)
	req.SetHostedLink(plaid.LinkTokenCreateHostedLink{})
	link, _, err := b.api.LinkTokenCreate(t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(t, err)
	s.open(link.GetHostedLinkUrl())
	s.tap(s.ctx, "#continue")
	s.reads(s.ctx, "Accounts to share")
	s.tap(s.ctx, "#share")
	s.reads(s.ctx, "Success")
	s.tap(s.ctx, "#finish")
	s.reads(s.ctx, "You can close this page.")
	require.Empty(t, b.itemError(accessToken))
}

func TestLink_offersNoBankThatIsDownInABrowser(t *testing.T) {
	b := setup(t)
	s := newScreen(t, b)
	accessToken, _ := b.newItem(platypus, "")
	b.bank(platypus, "DOWN")
	s.open(s.site + "/?token=" + b.updateToken(accessToken))
	s.reads(s.ctx, "First Platypus Bank cannot be reached", s.frame())
	s.tap(s.ctx, "#leave", s.frame())
	s.called("onExit INSTITUTION_DOWN")
}
