package api_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/ops"
	"relink/internal/mailing"
	"relink/internal/signin"
	"relink/internal/tasks"
)

func TestSignIn_leadsBackToThePageThatAskedForIt(t *testing.T) {
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

func TestOverview_showsPausesAndTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.store.PauseMails(t.Context(), mailing.Pause{Scope: mailing.PausePartner, Key: "north-iso", Why: "their own wish", By: "olga"})
	require.NoError(t, err)
	require.NoError(t, w.store.OpenTask(t.Context(), tasks.Task{
		Key: "item/" + theItem, Kind: tasks.Escalated, ItemID: theItem,
		Why: "the ladder is over",
	}))
	b, page := w.signIn(t, string(signin.Ops), "/ops")
	for _, text := range []string{
		"Mails of partner north-iso are paused", "Their own wish", "The reminders are over",
		"/ops/items/" + theItem,
	} {
		require.Contains(t, page, text)
	}
	res, page := w.do(t, b, w.request(t, http.MethodGet, "/ops?state=removed", ""))
	require.Equal(t, 200, res.StatusCode)
	require.NotContains(t, page, "north-iso", "one state alone")
}

func TestOpsPages_areClosedToEverythingElse(t *testing.T) {
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

func TestOpsPages_keepTheSessionWhilePostgresIsAway(t *testing.T) {
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
