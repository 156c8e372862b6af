package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/internal/item"
)

// phone is a merchant's browser. Its api has a mint as Plaid.
type phone struct {
	*world
	mint   *mint
	server http.Handler
	jar    http.CookieJar
}

func (w *world) phone(t *testing.T, change func(*api.Options, *mint)) *phone {
	t.Helper()
	p := &phone{world: w, mint: &mint{noPlaid: noPlaid{t: t}}}
	opts := w.opts
	if change != nil {
		change(&opts, p.mint)
	}
	deps := w.deps
	deps.Plaid = p.mint
	s, err := api.New(deps, opts)
	require.NoError(t, err)
	p.server = s.Handler()
	p.jar, err = cookiejar.New(nil)
	require.NoError(t, err)
	return p
}

// asks sends a request with the phone's cookies and keeps those of the response.
func (p *phone) asks(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, p.at+path, strings.NewReader(body))
	for _, c := range p.jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	p.server.ServeHTTP(rec, req)
	p.jar.SetCookies(req.URL, rec.Result().Cookies())
	return rec
}

func (p *phone) says(t *testing.T, act string) *httptest.ResponseRecorder {
	t.Helper()
	return p.asks(t, http.MethodPost, "/relink/"+p.deepLink+"/"+act, linked)
}

func field(t *testing.T, rec *httptest.ResponseRecorder, name string) any {
	t.Helper()
	var response map[string]any
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &response), rec.Body)
	return response[name]
}

const comeBack = "/relink/return?oauth_state_id=9d5f"

func resumes(rec *httptest.ResponseRecorder) bool {
	return strings.Contains(rec.Body.String(), `data-resume="`+theItem+`"`)
}

func TestResumeLink_continuesWithTheSameTokenInTheBrowserThatOpenedLink(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, nil)
	p.breakIt(t, item.Credentials)
	rec := p.says(t, "link-token")
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	cookie := rec.Result().Cookies()[0]
	require.Equal(t, "relink_link", cookie.Name)
	require.Equal(t, "/relink", cookie.Path)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, 1800, cookie.MaxAge)

	for range 2 { // GET has no effect
		back := p.asks(t, http.MethodGet, comeBack, "")
		require.Equal(t, http.StatusOK, back.Code)
		require.True(t, resumes(back), back.Body)
		require.Contains(t, back.Body.String(), p.deepLink)
		require.Equal(t, "no-referrer", back.Header().Get("Referrer-Policy"))
		require.Empty(t, back.Result().Cookies())
	}
	require.False(t, resumes(p.asks(t, http.MethodGet, "/relink/return", "")), "no bank led here")
	rec = p.says(t, "resume")
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	require.Equal(t, mintedToken, field(t, rec, "link_token"))

	require.Equal(t, http.StatusOK, p.says(t, "complete").Code)
	require.False(t, resumes(p.asks(t, http.MethodGet, comeBack, "")), "Link is through")
	require.Equal(t, http.StatusNotFound, p.says(t, "resume").Code, "and its token is handed out no more")
}

func TestShowReturn_givesAnotherBrowserNeitherPageNorToken(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, nil)
	p.breakIt(t, item.Credentials)
	require.Equal(t, http.StatusOK, p.says(t, "link-token").Code)

	other := p.phone(t, nil)
	back := other.asks(t, http.MethodGet, comeBack, "")
	require.Equal(t, http.StatusOK, back.Code)
	require.NotContains(t, back.Body.String(), "Blue Bottle")
	require.NotContains(t, back.Body.String(), p.deepLink)
	require.Contains(t, back.Body.String(), "open the mail again")
	require.Equal(t, http.StatusNotFound, other.says(t, "resume").Code, "the deep link alone is not enough")
}

func TestShowReturn_ignoresACookieThatWasPlantedBefore(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, nil)
	p.breakIt(t, item.Credentials)
	planted := &http.Cookie{Name: "relink_link", Value: "mallory", Path: "/relink"}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, p.at+"/relink/x", nil)
	p.jar.SetCookies(req.URL, []*http.Cookie{planted})
	rec := p.says(t, "link-token")
	require.Equal(t, http.StatusOK, rec.Code)
	require.NotEqual(t, planted.Value, rec.Result().Cookies()[0].Value)

	mallory := p.phone(t, nil)
	mallory.jar.SetCookies(req.URL, []*http.Cookie{planted})
	require.NotContains(t, mallory.asks(t, http.MethodGet, comeBack, "").Body.String(), "Blue Bottle")
}

// acted returns the hints with a code in the Item's open inbox rows.
func (w *world) acted(t *testing.T, code string) []item.Hint {
	t.Helper()
	batches, err := w.store.Claim(t.Context(), 10, time.Nanosecond, 0) // its lease is over at once
	require.NoError(t, err)
	var hints []item.Hint
	for _, b := range batches {
		for _, h := range b.Hints {
			if h.Code == code {
				hints = append(hints, h)
			}
		}
	}
	return hints
}
