package localplaid_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

const returnPage = "https://app.example.com/bank/return"

// oauthItem is a broken Item at an OAuth bank, and a link token that repairs it; an empty redirectURI allows a pop-up
// only.
func (b *rig) oauthItem(redirectURI string) (accessToken, linkToken string) {
	b.t.Helper()
	accessToken, itemID := b.newItem(platypusOAuth, "")
	b.post(
		"/control/break",
		map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED"},
		nil,
	)
	req := linkTokenRequest()
	req.SetAccessToken(accessToken)
	if redirectURI != "" {
		req.SetRedirectUri(redirectURI)
	}
	got, _, err := b.api.LinkTokenCreate(b.t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(b.t, err)
	return accessToken, got.LinkToken
}

// atBank opens Link and goes on to the bank's own page.
func (b *rig) atBank(linkToken, way string) shown {
	b.t.Helper()
	at := b.step("start", map[string]any{"link_token": linkToken})
	require.Equal(b.t, "OAUTH", at.View)
	at = b.step("bank", map[string]any{"link_session_id": at.LinkSessionID, "way": way})
	require.Equal(b.t, "OAUTH_OPEN", at.View)
	require.Equal(b.t, "OPEN_OAUTH", at.Events[0].EventName)
	return at
}

var accountBoxes = regexp.MustCompile(`name="account" value="([^"]+)"( checked)?`)

// bankForm reads the bank's page as a browser does: the accounts it ticks.
func (b *rig) bankForm(path string) url.Values {
	b.t.Helper()
	resp, page := fetch(b.t, b.url+path)
	require.Equal(b.t, 200, resp.StatusCode)
	form := url.Values{}
	for _, box := range accountBoxes.FindAllStringSubmatch(page, -1) {
		if box[2] != "" {
			form.Add("account", box[1])
		}
	}
	return form
}

// submit sends the bank's form and returns where the browser is sent.
func (b *rig) submit(path string, form url.Values) (status int, location string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultTransport.RoundTrip(req) // no redirect is followed
	require.NoError(b.t, err)
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}

func (b *rig) resume(linkToken, uri string) shown {
	b.t.Helper()
	return b.step("start", map[string]any{"link_token": linkToken, "received_redirect_uri": uri})
}

func TestBankVisit_leadsBackToTheRedirectURIWhereLinkGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, linkToken := b.oauthItem(returnPage)
	at := b.atBank(linkToken, "redirect")
	resp, page := fetch(t, b.url+at.BankURL)
	require.Contains(t, page, "Platypus OAuth Bank")
	require.Contains(t, page, "Sign in and share")
	require.Contains(t, page, "No real bank is contacted")
	require.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
	require.Contains(
		t,
		resp.Header.Get("Content-Security-Policy"),
		"form-action 'self' https://app.example.com",
		"a browser would stop the way back",
	)
	require.Empty(t, resp.Cookies(), "no cookie is needed, third-party or not")

	form := b.bankForm(at.BankURL)
	require.Len(t, form["account"], 4, "those shared so far are ticked")
	form["account"] = form["account"][:2]
	status, location := b.submit(at.BankURL, form)
	require.Equal(t, http.StatusSeeOther, status)
	require.Regexp(t, `^https://app\.example\.com/bank/return\?oauth_state_id=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, location)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken), "the return alone repairs nothing: it may be in another browser")

	back := b.resume(linkToken, location)
	require.Equal(t, at.LinkSessionID, back.LinkSessionID, "the same session goes on")
	require.Equal(t, "CONNECTED", back.View)
	require.Empty(t, b.itemError(accessToken))
	done := b.step("finish", map[string]any{"link_session_id": back.LinkSessionID})
	require.Equal(t, "onSuccess", done.Outcome.Callback)
	require.Len(t, done.Outcome.Metadata.Accounts, 2)
	require.Equal(t, []string{"HANDOFF", "TRANSITION_VIEW", "OPEN_OAUTH", "TRANSITION_VIEW", "OPEN"}, eventNames(b, linkToken, 0))
	accounts, _, err := b.api.AccountsGet(t.Context()).AccountsGetRequest(*plaid.NewAccountsGetRequest(accessToken)).Execute()
	require.NoError(t, err)
	require.Len(t, accounts.Accounts, 2, "what is ticked is what is shared")

	require.Equal(t, "OAUTH_STATE_ID_ALREADY_PROCESSED", b.resume(linkToken, location).Outcome.Error.ErrorCode)
	status, _ = b.submit(at.BankURL, form)
	require.Equal(t, http.StatusNotFound, status, "the bank's page is over as well")
}

func TestBankVisit_resumesForTheSameTokenAndUnchangedURIOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, linkToken := b.oauthItem(returnPage)
	at := b.atBank(linkToken, "redirect")
	_, location := b.submit(at.BankURL, b.bankForm(at.BankURL))
	_, other := b.oauthItem(returnPage)
	for name, test := range map[string]struct{ token, uri, want string }{
		"another link token":      {other, location, "INCORRECT_LINK_TOKEN"},
		"an unknown state":        {linkToken, returnPage + "?oauth_state_id=9d5feadd-a873-43eb-97ba-422f35ce849b", "OAUTH_STATE_ID_NOT_FOUND"},
		"the first launch":        {linkToken, returnPage, "OAUTH_STATE_ID_NOT_FOUND"},
		"a parameter added":       {linkToken, location + "&utm_source=mail", "OAUTH_STATE_ID_NOT_FOUND"},
		"a fragment added":        {linkToken, location + "#", "OAUTH_STATE_ID_NOT_FOUND"},
		"another page":            {linkToken, strings.Replace(location, "/bank/return", "/bank/other", 1), "OAUTH_STATE_ID_NOT_FOUND"},
		"no URI":                  {linkToken, "%zz", "OAUTH_STATE_ID_NOT_FOUND"},
		"a link token of nothing": {"link-sandbox-unknown", location, "INVALID_LINK_TOKEN"},
	} {
		got := b.resume(test.token, test.uri)
		require.Equal(t, "EXIT", got.View, name)
		require.Equal(t, "onExit", got.Outcome.Callback, name)
		require.Equal(t, test.want, got.Outcome.Error.ErrorCode, name)
	}
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	require.Equal(t, "CONNECTED", b.resume(linkToken, location).View, "none of these spent it")
}

func TestBankVisit_returnAfterTheTokenExpiredIsTooLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, linkToken := b.oauthItem(returnPage)
	at := b.atBank(linkToken, "redirect")
	_, location := b.submit(at.BankURL, b.bankForm(at.BankURL))
	b.clock.advance(30 * time.Minute)
	require.Equal(t, "INVALID_LINK_TOKEN", b.resume(linkToken, location).Outcome.Error.ErrorCode)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
}

func TestBankVisit_onlyAPopupFindsBackWithoutARedirectURI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, linkToken := b.oauthItem("")
	at := b.step("start", map[string]any{"link_token": linkToken})
	require.False(t, at.MayRedirect)
	require.Equal(t, 400, b.post("/link/session/bank", map[string]any{"link_session_id": at.LinkSessionID, "way": "redirect"}, nil))

	form := b.bankForm(at.BankURL) // a pop-up may load before Link has said that it opened it
	b.step("bank", map[string]any{"link_session_id": at.LinkSessionID, "way": "popup"})
	waiting := b.step("wait", map[string]any{"link_session_id": at.LinkSessionID})
	require.Equal(t, "OAUTH_OPEN", waiting.View)
	require.Empty(t, waiting.Events)
	status, location := b.submit(at.BankURL, form)
	require.Equal(t, 200, status)
	require.Empty(t, location, "the window closes itself")
	require.Equal(t, "CONNECTED", b.step("wait", map[string]any{"link_session_id": at.LinkSessionID, "closed": true}).View)
	require.Empty(t, b.itemError(accessToken))
}

func TestBankVisit_closedOrForgottenWindowCanBeOpenedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, linkToken := b.oauthItem(returnPage)
	at := b.atBank(linkToken, "popup")
	first := at.BankURL
	at = b.step("wait", map[string]any{"link_session_id": at.LinkSessionID, "closed": true})
	require.Equal(t, "OAUTH", at.View)
	require.Equal(t, "closed", at.Note)
	require.Equal(t, "CLOSE_OAUTH", at.Events[0].EventName)
	resp, _ := fetch(t, b.url+first)
	require.Equal(t, 404, resp.StatusCode, "nobody waits for the first window")

	b.step("bank", map[string]any{"link_session_id": at.LinkSessionID, "way": "popup"})
	b.clock.advance(11 * time.Minute)
	at = b.step("wait", map[string]any{"link_session_id": at.LinkSessionID})
	require.Equal(t, "timed_out", at.Note)
	require.Equal(t, "FAIL_OAUTH", at.Events[0].EventName)

	b.step("bank", map[string]any{"link_session_id": at.LinkSessionID, "way": "popup"})
	left := b.step("exit", map[string]any{"link_session_id": at.LinkSessionID})
	require.Equal(t, "requires_oauth", left.Outcome.Metadata.Status)
	resp, _ = fetch(t, b.url+at.BankURL)
	require.Equal(t, 404, resp.StatusCode)
}

func TestBankVisit_refusalIsShownAsPlaidShowsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, test := range map[string]struct {
		form   url.Values
		view   string
		code   string
		events []string
	}{
		"cancelled":  {url.Values{"decision": {"cancel"}}, "OAUTH", "", []string{"OPEN", "TRANSITION_VIEW"}},
		"an error":   {url.Values{"error": {"ACCESS_NOT_GRANTED"}}, "ERROR", "ACCESS_NOT_GRANTED", []string{"OPEN", "ERROR", "TRANSITION_VIEW"}},
		"no account": {url.Values{"decision": {"share"}}, "ERROR", "NO_ACCOUNTS", []string{"OPEN", "ERROR", "TRANSITION_VIEW"}},
	} {
		accessToken, linkToken := b.oauthItem(returnPage)
		at := b.atBank(linkToken, "redirect")
		_, location := b.submit(at.BankURL, test.form)
		back := b.resume(linkToken, location)
		require.Equal(t, test.view, back.View, name)
		var names []string
		for _, e := range back.Events {
			names = append(names, e.EventName)
		}
		require.Equal(t, test.events, names, name)
		require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken), name)
		again := back
		if test.view == "ERROR" {
			require.True(t, back.MayRetry, name)
			again = b.step("again", map[string]any{"link_session_id": back.LinkSessionID})
			require.Equal(t, "OAUTH", again.View)
			require.Nil(t, again.Error)
		}
		require.NotEqual(t, at.BankURL, again.BankURL, "a new visit has a state of its own")
		left := b.step("exit", map[string]any{"link_session_id": back.LinkSessionID})
		require.Equal(t, "requires_oauth", left.Outcome.Metadata.Status, name)
	}
}

func TestBankVisit_bankThatGoesDownMeanwhileLetsNobodyIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, linkToken := b.oauthItem(returnPage)
	at := b.atBank(linkToken, "redirect")
	_, location := b.submit(at.BankURL, b.bankForm(at.BankURL))
	b.bank(platypusOAuth, "DOWN")
	back := b.resume(linkToken, location)
	require.Equal(t, "INSTITUTION_DOWN", back.Error.ErrorCode)
	require.False(t, back.MayRetry)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
}

func TestBankVisit_outlivesARestart(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	accessToken, linkToken := before.oauthItem(returnPage)
	at := before.atBank(linkToken, "redirect")
	there := before.restart()
	_, location := there.submit(at.BankURL, there.bankForm(at.BankURL))
	back := there.restart()
	require.Equal(t, "CONNECTED", back.resume(linkToken, location).View)
	require.Equal(t, "OAUTH_STATE_ID_ALREADY_PROCESSED", back.restart().resume(linkToken, location).Outcome.Error.ErrorCode)
	require.Empty(t, back.itemError(accessToken))
}
