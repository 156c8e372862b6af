package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/api/ops"
	"relink/api/web"
	"relink/internal/item"
	"relink/internal/signin"
)

func TestALineThatLetsNobodyOrAnybodyInByMistakeStopsTheStart(t *testing.T) {
	t.Parallel()
	require.NoError(t, api.CheckRoutes([]web.Route{{Pattern: "GET /x", Access: web.Anyone}, {Pattern: "GET /y", Access: web.Scope(signin.ItemsRead)}}))
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

func TestARouteOfUnknownAccessAnswersNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	called := false
	h := w.ServeOne(web.Route{Pattern: "GET /x", Access: "everybody", Handle: func(http.ResponseWriter, *http.Request) error {
		called = true
		return nil
	}})
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
	req.Header.Set("Authorization", "Bearer "+issued(t, w.issuer, signin.Ops))
	h.ServeHTTP(rec, req)
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.False(t, called)
}

func TestAHandlerWhoseLineChecksTooLittleAnswersNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, pattern := range []string{
		"POST /webhooks/plaid/{environment}", "GET /relink/{token}", "POST /relink/{token}/link-token", "POST /relink/{token}/complete",
		"POST /relink/{token}/exit", "POST /relink/{token}/events", "POST /relink/{token}/resume", "DELETE /v1/items/{id}",
		"POST /v1/items/{id}/access-token", "PATCH /v1/merchants/{id}", "DELETE /v1/merchants/{id}", "POST /v1/mail-bounces", "GET /ops", "GET /ops/items/{id}",
	} {
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x/"+w.deepLink, strings.NewReader(linked))
		w.ServeOne(web.Route{Pattern: "POST /x/{token}", Access: web.Anyone, Handle: w.HandlerOf(pattern)}).ServeHTTP(rec, req)
		require.Equal(t, http.StatusServiceUnavailable, rec.Code, pattern)
		require.NotContains(t, rec.Body.String(), "Blue Bottle")
	}
}

func TestWithoutAnIssuerThereIsNothingToCallByScope(t *testing.T) {
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

func TestAnotherSiteCannotActThroughASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	platform, _ := w.signIn(t, string(signin.Platform), "/ops")
	for name, c := range map[string]struct {
		header http.Header
		status int
	}{
		"our own page":          {http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {w.at}}, 400}, // it reads the body
		"our page, old browser": {http.Header{"Origin": {w.at}}, 400},
		"another site":          {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, 403},
		"a neighbour":           {http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://neighbour.example"}}, 403},
		"old browser":           {http.Header{"Origin": {"https://evil.example"}}, 403},
		"no origin to tell":     {http.Header{"Origin": {"null"}}, 403},
	} {
		req := w.request(t, http.MethodPost, "/v1/items", `{}`)
		req.Header = c.header.Clone()
		req.Header.Set("Content-Type", "application/json")
		res, body := w.do(t, platform, req)
		require.Equal(t, c.status, res.StatusCode, "%s: %s", name, body)
		if c.status == 403 {
			req := w.request(t, http.MethodPost, "/signout", "")
			req.Header = c.header
			res, _ := w.do(t, platform, req)
			require.Equal(t, 403, res.StatusCode, name)
		}
	}
	res, _ := w.do(t, platform, w.request(t, http.MethodGet, "/ops", ""))
	require.Equal(t, 200, res.StatusCode, "nobody was signed out")

	req := w.request(t, http.MethodPost, "/v1/items", `{}`)
	req.Header = http.Header{"Origin": {"https://evil.example"}, "Authorization": {"Bearer " + issued(t, w.issuer, signin.Platform)}}
	res, _ = w.do(t, browser(), req)
	require.Equal(t, 400, res.StatusCode, "a token does not come along by itself")
}

func TestSigningInLeadsBackToThePageThatAskedForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, page := w.signIn(t, string(signin.Underwriter), "/ops/items/"+theItem)
	for _, text := range []string{
		"Blue Bottle", "First Platypus Bank", "The underwriter", "Connected", "Enrolled", "Incident 1 opened: the bank refuses the saved sign-in",
		"Plaid was asked, and says ITEM_LOGIN_REQUIRED", "Incident 1 closed", "Sunday, 22 November 2026", "13:00:00", "audit 1",
	} {
		require.Contains(t, page, text)
	}
	require.NotContains(t, page, "Ada", "no person's name")
	require.NotContains(t, page, "ada@bluebottle.example")

	res, _ := w.do(t, b, w.request(t, http.MethodPost, "/signout", ""))
	require.Equal(t, "/signout", res.Header.Get("Location"))
	res, page = w.do(t, b, w.request(t, http.MethodGet, "/signout", ""))
	require.Equal(t, 200, res.StatusCode)
	require.Contains(t, page, "You are signed out")
	res, _ = w.do(t, b, w.request(t, http.MethodGet, "/ops?state=revoked", ""))
	require.Equal(t, "/signin?to="+url.QueryEscape("/ops?state=revoked"), res.Header.Get("Location"))
}

func TestTheOverviewShowsPausesAndTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.store.PauseMails(t.Context(), item.MailPause{Scope: item.PausePartner, Key: "north-iso", Why: "their own wish", By: "olga"})
	require.NoError(t, err)
	require.NoError(t, w.store.OpenTask(t.Context(), item.Task{Key: "item/" + theItem, Kind: item.TaskEscalated, ItemID: theItem, Why: "the ladder is over"}))
	b, page := w.signIn(t, string(signin.Ops), "/ops")
	for _, text := range []string{"Mails of partner north-iso are paused", "Their own wish", "The reminders are over", "/ops/items/" + theItem} {
		require.Contains(t, page, text)
	}
	res, page := w.do(t, b, w.request(t, http.MethodGet, "/ops?state=removed", ""))
	require.Equal(t, 200, res.StatusCode)
	require.NotContains(t, page, "north-iso", "one state alone")
}

func TestPagesForPeopleAreClosedToEverythingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _ := w.signIn(t, string(signin.Ops), "/ops")
	for path, status := range map[string]int{
		"/ops": 200, "/ops?state=revoked": 200, "/ops?state=x%00y": 404, "/ops/items/" + theItem: 200, "/ops/items/nothing": 404,
		"/signin/callback?state=a": 400, "/signout": 200,
	} {
		res, page := w.do(t, b, w.request(t, http.MethodGet, path, ""))
		require.Equal(t, status, res.StatusCode, path)
		require.Equal(t, ops.CSP, res.Header.Get("Content-Security-Policy"), path)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"), path)
		require.Equal(t, "no-referrer", res.Header.Get("Referrer-Policy"), path)
		require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"), path)
		require.NotContains(t, page, "<script", path)
		require.NotContains(t, page, "style=", path)
	}
}

func TestPostgresBeingAwayIsNoSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _ := w.signIn(t, string(signin.Ops), "/ops")
	w.store.Close()
	for _, req := range []*http.Request{w.request(t, http.MethodGet, "/ops", ""), w.request(t, http.MethodPost, "/signout", "")} {
		res, page := w.do(t, b, req)
		require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.Contains(t, page, "Something went wrong on our side")
		require.NotEmpty(t, res.Header.Get("Retry-After"))
		require.Empty(t, res.Cookies(), "the browser keeps its session")
	}
	res, _ := w.do(t, b, w.request(t, http.MethodGet, "/v1/items/"+theItem, ""))
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
}
