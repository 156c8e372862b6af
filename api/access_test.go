package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/web"
	"relink/internal/signin"
)

func TestAccess_unknownAdmitsNobody(t *testing.T) {
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

func TestAccess_lineThatChecksTooLittleServesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, pattern := range []string{
		"POST /webhooks/plaid/{environment}", "GET /relink/{token}", "POST /relink/{token}/link-token", "POST /relink/{token}/complete",
		"POST /relink/{token}/exit", "POST /relink/{token}/events", "POST /relink/{token}/resume", "DELETE /v1/items/{id}",
		"POST /v1/items/{id}/access-token", "PATCH /v1/merchants/{id}", "DELETE /v1/merchants/{id}",
		"POST /v1/mail-bounces", "GET /ops", "GET /ops/items/{id}",
	} {
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x/"+w.deepLink, strings.NewReader(linked))
		w.ServeOne(web.Route{Pattern: "POST /x/{token}", Access: web.Anyone, Handle: w.HandlerOf(pattern)}).ServeHTTP(rec, req)
		require.Equal(t, http.StatusServiceUnavailable, rec.Code, pattern)
		require.NotContains(t, rec.Body.String(), "Blue Bottle")
	}
}

func TestAccess_anotherSiteCannotActThroughASession(t *testing.T) {
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
		"an opaque origin":      {http.Header{"Origin": {"null"}}, 403},
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
