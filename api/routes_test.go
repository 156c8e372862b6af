package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/api/web"
	"relink/internal/devstack/issuer"
	"relink/internal/signin"
)

// expectation is the status of a route for each caller. A route without an expectation fails the test, so that each new
// route gets one.
type expectation struct {
	access web.Access
	path   string
	body   string
	// in is the status for those whom the route lets in; what it is shows that they came as far as the handler.
	in int
	// roles are let in where access is a scope.
	roles []signin.Role
	// out is the status for those without the proof that access asks for.
	out int
	// toSignIn says that who is nobody yet is led to sign in.
	toSignIn bool
}

// endsSessions is the route that the test calls last.
const endsSessions = "POST /signout"

const (
	linked   = `{"item_id":"` + theItem + `","link_session_id":"s"}`
	aWebhook = `{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"` + theItem + `","environment":"sandbox"}`
)

func (w *world) expectations() map[string]expectation {
	read := []signin.Role{signin.Platform, signin.Ops, signin.Underwriter, signin.Support}
	operate := []signin.Role{signin.Ops}
	return map[string]expectation{
		"POST /webhooks/plaid/{environment}": {access: web.PlaidSigned, path: "/webhooks/plaid/sandbox", body: aWebhook, in: 200, out: 401},

		"GET /relink/assets/": {access: web.Anyone, path: "/relink/assets/relink.000000000000.css", in: 200},
		"GET /relink/{token}": {access: web.DeepLink, path: "/relink/TOKEN", in: 200, out: 404},
		"POST /relink/{token}/link-token": {
			access: web.DeepLink, path: "/relink/TOKEN/link-token",
			body: `{"item_id":"` + theItem + `"}`, in: 409, out: 404,
		},
		"POST /relink/{token}/complete": {access: web.DeepLink, path: "/relink/TOKEN/complete", body: linked, in: 200, out: 404},
		"POST /relink/{token}/exit":     {access: web.DeepLink, path: "/relink/TOKEN/exit", body: linked, in: 204, out: 404},
		"POST /relink/{token}/events": {
			access: web.DeepLink, path: "/relink/TOKEN/events",
			body: `{"item_id":"` + theItem + `","event_name":"OPEN"}`, in: 204, out: 404,
		},
		"POST /relink/{token}/resume": {access: web.DeepLink, path: "/relink/TOKEN/resume", body: linked, in: 404, out: 404},
		"POST /relink/{token}/fresh":  {access: web.ExpiredDeepLink, path: "/relink/TOKEN/fresh", in: 200},
		"GET /relink/return":          {access: web.LinkBrowser, path: "/relink/return?oauth_state_id=x", in: 200},
		"POST /v1/items": {
			access: "scope items:write", path: "/v1/items", body: `{}`, in: 400,
			roles: []signin.Role{signin.Platform},
		},
		"GET /v1/items/{id}": {access: "scope items:read", path: "/v1/items/" + theItem, in: 200, roles: read},
		"POST /v1/link-tokens": {
			access: "scope items:write", path: "/v1/link-tokens", body: `{}`, in: 400,
			roles: []signin.Role{signin.Platform},
		},
		"DELETE /v1/items/{id}": {
			access: "scope items:write", path: "/v1/items/itm_none", in: 404,
			roles: []signin.Role{signin.Platform},
		},
		"POST /v1/items/{id}/access-token": {
			access: "scope items:access-token", path: "/v1/items/itm_none/access-token", in: 404,
			roles: []signin.Role{signin.Platform},
		},
		"PATCH /v1/merchants/{id}": {
			access: "scope items:write", path: "/v1/merchants/blue", body: `{}`, in: 400,
			roles: []signin.Role{signin.Platform},
		},
		"DELETE /v1/merchants/{id}": {
			access: "scope items:write", path: "/v1/merchants/none", in: 404,
			roles: []signin.Role{signin.Platform},
		},

		"GET /openapi.json":      {access: web.Anyone, path: "/openapi.json", in: 200},
		"GET /v1/items":          {access: "scope items:read", path: "/v1/items", in: 200, roles: read},
		"GET /v1/merchants/{id}": {access: "scope items:read", path: "/v1/merchants/blue", in: 200, roles: read},

		"GET /v1/items/{id}/timeline": {access: "scope items:read", path: "/v1/items/" + theItem + "/timeline", in: 200, roles: read},

		"GET /unsubscribe/{token}":  {access: web.UnsubscribeLink, path: "/unsubscribe/TOKEN", in: 200},
		"POST /unsubscribe/{token}": {access: web.UnsubscribeLink, path: "/unsubscribe/TOKEN", body: oneClick, in: 200},
		"POST /v1/mail-bounces": {
			access: "scope mails:write", path: "/v1/mail-bounces", body: `{}`, in: 400,
			roles: []signin.Role{signin.Platform},
		},

		"GET /v1/dead-letters":              {access: "scope ops:read", path: "/v1/dead-letters", in: 200, roles: operate},
		"GET /v1/dead-letters/{id}":         {access: "scope ops:read", path: "/v1/dead-letters/999999", in: 404, roles: operate},
		"POST /v1/dead-letters/{id}/replay": {access: "scope ops:act", path: "/v1/dead-letters/999999/replay", in: 404, roles: operate},
		"POST /v1/dead-letters/{id}/discard": {
			access: "scope ops:act", path: "/v1/dead-letters/999999/discard", body: `{"why":"x"}`,
			in: 404, roles: operate,
		},
		"POST /v1/dead-letters/replay": {
			access: "scope ops:act", path: "/v1/dead-letters/replay", body: `{"filter":{}}`, in: 200,
			roles: operate,
		},
		"POST /v1/dead-letters/discard": {
			access: "scope ops:act", path: "/v1/dead-letters/discard", body: `{"filter":{}}`,
			in: 200, roles: operate,
		},

		"GET /signin":          {access: web.Anyone, path: "/signin", in: 303},
		"GET /signin/callback": {access: web.Anyone, path: "/signin/callback?state=x&code=y", in: 400},
		"GET /signout":         {access: web.Anyone, path: "/signout", in: 200},
		"GET /ops/assets/":     {access: web.Anyone, path: "/ops/assets/ops.000000000000.css", in: 200},
		"GET /ops":             {access: "scope items:read", path: "/ops", in: 200, roles: read, toSignIn: true},
		"GET /ops/items/{id}":  {access: "scope items:read", path: "/ops/items/" + theItem, in: 200, roles: read, toSignIn: true},
		endsSessions:           {access: web.Anyone, path: "/signout", in: 303},
	}
}

// caller is one of the callers that call every route.
type caller struct {
	name    string
	browser *http.Client
	token   string
	role    signin.Role // with a good token or session; "" is nobody, "none" a person without a role
	invalid bool        // the token is not good here
}

func (w *world) callers(t *testing.T) []caller {
	t.Helper()
	nora, _ := w.signIn(t, "nora", "/ops")
	over, _ := w.signIn(t, "ops", "/ops")
	w.endSession(t, over)
	all := []caller{
		{name: "nobody", browser: browser()},
		{name: "a session that was ended", browser: over},
		{name: "a person without a role", browser: nora, role: "none"},
		{name: "an expired token", browser: browser(), token: issued(t, w.expired, signin.Platform), invalid: true},
		{name: "a token for another audience", browser: browser(), token: issued(t, w.stranger, signin.Platform), invalid: true},
		{name: "an expired token beside a session", browser: nora, token: issued(t, w.expired, signin.Platform), invalid: true},
	}
	for _, r := range signin.Roles() {
		signedIn, _ := w.signIn(t, string(r.Role), "/ops")
		all = append(all,
			caller{name: string(r.Role) + " by token", browser: browser(), token: issued(t, w.issuer, r.Role), role: r.Role},
			caller{name: string(r.Role) + " by session", browser: signedIn, role: r.Role})
	}
	return all
}

func issued(t *testing.T, i *issuer.Issuer, role signin.Role) string {
	t.Helper()
	token, err := i.Issue(string(role), nil, time.Hour)
	require.NoError(t, err)
	return token
}

// endSession signs out with the browser's cookie and leaves it there.
func (w *world) endSession(t *testing.T, b *http.Client) {
	t.Helper()
	req := w.request(t, http.MethodPost, "/signout", "")
	for _, c := range b.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	res, _ := w.do(t, browser(), req)
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
}

func TestRoutes_serveTheirCallersAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expectations, callers := w.expectations(), w.callers(t)
	declared := map[string]web.Access{}
	for _, r := range w.Routes() {
		declared[r.Pattern] = r.Access
	}
	expected := map[string]web.Access{}
	for pattern, e := range expectations {
		expected[pattern] = e.access
	}
	require.Equal(t, expected, declared, "every route, and who may call it, stands in this test as well")

	patterns := slices.Sorted(maps.Keys(expectations))
	last := slices.Index(patterns, endsSessions)
	patterns = append(slices.Delete(patterns, last, last+1), endsSessions)
	for _, pattern := range patterns {
		e := expectations[pattern]
		method, _, _ := strings.Cut(pattern, " ")
		for i, c := range callers {
			req := w.request(t, method, strings.ReplaceAll(e.path, "TOKEN", "forged"), e.body)
			req.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i)) // one who was refused stands in for nobody else
			if c.token != "" {
				req.Header.Set("Authorization", "Bearer "+c.token)
			}
			res, body := w.do(t, c.browser, req)
			e.check(t, pattern+" called by "+c.name, c, res, body)
		}
		if e.access == web.PlaidSigned || e.access == web.DeepLink {
			req := w.request(t, method, strings.ReplaceAll(e.path, "TOKEN", w.deepLink), e.body)
			req.Header.Set("Plaid-Verification", w.signed(t, e.body))
			res, body := w.do(t, browser(), req)
			require.Equal(t, e.in, res.StatusCode, "%s with its own proof: %s", pattern, body)
		}
	}
}

func (e expectation) check(t *testing.T, what string, c caller, res *http.Response, body string) {
	t.Helper()
	challenge := res.Header.Get("WWW-Authenticate")
	switch {
	case e.access == web.PlaidSigned || e.access == web.DeepLink:
		require.Equal(t, e.out, res.StatusCode, "%s: no role stands in for the proof", what)
	case slices.Contains([]web.Access{web.Anyone, web.UnsubscribeLink, web.ExpiredDeepLink, web.LinkBrowser}, e.access):
		require.Equal(t, e.in, res.StatusCode, what)
	case c.invalid:
		require.Equal(t, http.StatusUnauthorized, res.StatusCode, what)
		require.Equal(t, `Bearer error="invalid_token"`, challenge, what)
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), what)
	case c.role == "" && e.toSignIn:
		require.Equal(t, http.StatusSeeOther, res.StatusCode, what)
		require.Equal(t, "/signin?to="+url.QueryEscape(e.path), res.Header.Get("Location"), what)
	case c.role == "":
		require.Equal(t, http.StatusUnauthorized, res.StatusCode, what)
		require.Equal(t, "Bearer", challenge, what)
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), what)
	case slices.Contains(e.roles, c.role):
		require.Equal(t, e.in, res.StatusCode, "%s: %s", what, body)
	default:
		require.Equal(t, http.StatusForbidden, res.StatusCode, what)
		require.NotContains(t, body, "Blue Bottle", what)
		if !e.toSignIn {
			scope := strings.TrimPrefix(string(e.access), "scope ")
			require.Equal(t, `Bearer error="insufficient_scope", scope="`+scope+`"`, challenge, what)
		}
	}
}

func TestRoutes_lineWithoutAKnownAccessStopsTheStart(t *testing.T) {
	t.Parallel()
	require.NoError(t, api.CheckRoutes([]web.Route{
		{Pattern: "GET /x", Access: web.Anyone},
		{Pattern: "GET /y", Access: web.Scope(signin.ItemsRead)},
	}))
	for _, r := range []web.Route{
		{Pattern: "GET /x"},
		{Pattern: "GET /x", Access: "everybody"},
		{Pattern: "GET /x", Access: "items:read"},
		{Pattern: "GET /x", Access: web.Scope("")},
		{Pattern: "GET /x", Access: web.Scope("items:reed")},
		{Pattern: "/x", Access: web.Anyone},
		{Pattern: "get /x", Access: web.Anyone},
	} {
		require.Error(t, api.CheckRoutes([]web.Route{r}), "%s for %q", r.Pattern, r.Access)
	}
}

func TestRoutes_withoutAnIssuerThereAreNoneByScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byBearer, off := w.deps, w.deps
	byBearer.Web, byBearer.Ops = nil, nil
	off.Web, off.Ops, off.Bearer = nil, nil, nil
	for _, c := range []struct {
		deps       api.Deps
		v1, people bool
	}{{w.deps, true, true}, {byBearer, true, false}, {off, false, false}} {
		s, err := api.New(c.deps, w.opts)
		require.NoError(t, err)
		v1, people := false, false
		for _, r := range s.Routes() {
			v1 = v1 || strings.Contains(r.Pattern, " /v1/")
			people = people || strings.Contains(r.Pattern, " /ops") || strings.Contains(r.Pattern, " /sign")
		}
		require.Equal(t, c.v1, v1)
		require.Equal(t, c.people, people)
	}
	broken := w.deps
	broken.Bearer = nil
	_, err := api.New(broken, w.opts)
	require.Error(t, err)

	s, err := api.New(byBearer, w.opts)
	require.NoError(t, err)
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/items/"+theItem, nil))
	require.Equal(t, http.StatusUnauthorized, rec.Code, "bearer tokens work without sign-in")
}
