package signin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relink/internal/devstack/issuer"
	"relink/internal/signin"
)

func TestWebBegin_asksTheIssuerForACodeWithPKCE(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, told := s.begun(t)
	require.Equal(t, "code", told.Get("response_type"))
	require.Equal(t, clientID, told.Get("client_id"))
	require.Equal(t, s.at+"/signin/callback", told.Get("redirect_uri"))
	require.Equal(t, "openid profile", told.Get("scope"), "no refresh token is asked for")
	require.Equal(t, "S256", told.Get("code_challenge_method"))
	require.Len(t, told.Get("code_challenge"), 43)
	_, other := s.begun(t)
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		require.GreaterOrEqual(t, len(told.Get(name)), 26, name)
		require.NotEqual(t, told.Get(name), other.Get(name), name)
	}
}

func TestWebFinish_worksOnlyInTheBrowserThatBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, told := s.begun(t)
	victim, _ := s.begun(t)
	s.get(t, victim, s.callback(s.chosen(t, told, "olga"), told.Get("state")))
	require.ErrorIs(t, s.failure(t), signin.ErrStale)
	for _, query := range []string{"", "?code=x", "?state=&code=x", "?state=x&code=x"} {
		s.get(t, victim, s.at+signin.CallbackPath+query)
		require.ErrorIs(t, s.failure(t), signin.ErrStale, query)
	}
	require.Zero(t, s.sessions(t))
}

func TestWebFinish_worksOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, told := s.begun(t)
	at, err := url.Parse(s.at)
	require.NoError(t, err)
	attempt := browser.Jar.Cookies(at)
	answer := s.callback(s.chosen(t, told, "olga"), told.Get("state"))
	res, _ := s.get(t, browser, answer)
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	s.get(t, browser, answer)
	require.ErrorIs(t, s.failure(t), signin.ErrStale)
	browser.Jar.SetCookies(at, attempt)
	s.get(t, browser, answer)
	require.ErrorIs(t, s.failure(t), signin.ErrStale, "the issuer does not take a code twice")
}

func TestWebFinish_refusesACodeOfAnotherAttempt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, stolen := s.begun(t)
	browser, told := s.begun(t)
	s.get(t, browser, s.callback(s.chosen(t, stolen, "olga"), told.Get("state")))
	require.ErrorIs(t, s.failure(t), signin.ErrStale, "PKCE: the verifier is another one")
	require.Zero(t, s.sessions(t))
}

func TestWebFinish_severalTabsMaySignInAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, first := s.begun(t)
	res, _ := s.get(t, browser, s.at+"/signin")
	location, err := res.Location()
	require.NoError(t, err)
	for _, told := range []url.Values{first, location.Query()} {
		res, _ := s.get(t, browser, s.callback(s.chosen(t, told, "olga"), told.Get("state")))
		require.Equal(t, http.StatusSeeOther, res.StatusCode)
	}
	require.Equal(t, 1, s.sessions(t))
}

func TestWebFinish_isRefusedIfTheIssuerRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, told := s.begun(t)
	s.get(t, browser, s.at+signin.CallbackPath+"?"+url.Values{
		"error": {"access_denied"}, "error_description": {"call +1 555"},
		"state": {told.Get("state")},
	}.Encode())
	err := s.failure(t)
	require.ErrorIs(t, err, signin.ErrRefused)
	require.NotContains(t, err.Error(), "555")
}

func TestWebFinish_refusesAnInvalidIDToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	private := s.privateKey(t)
	other := s.issuer(t, func(o *issuer.Options) { o.KeyFile = "" })
	foreign, err := other.Issue("platform", nil, time.Hour)
	require.NoError(t, err)
	usual := *s.handler.Load()
	for name, change := range map[string]map[string]any{
		"":                               nil, // good, or the others would prove nothing
		"another's audience":             {"aud": audience},
		"several audiences, no azp":      {"aud": []string{clientID, "another"}},
		"several audiences, another azp": {"aud": []string{clientID, "another"}, "azp": "another"},
		"another sign-in's nonce":        {"nonce": "another"},
		"no nonce":                       {"nonce": nil},
		"expired":                        {"exp": start.Add(-time.Minute).Unix()},
		"no exp":                         {"exp": nil},
		"another issuer":                 {"iss": "https://elsewhere/"},
		"nobody":                         {"sub": nil},
		"not a token":                    {"raw": "hello"},
		"no ID token":                    {"raw": ""},
		"another issuer's key":           {"raw": foreign},
		"a signature that anybody makes": {"raw": sign(t, jose.HS256, []byte("secret, and long enough for HS256"), private.KeyID,
			s.payload(map[string]any{"aud": clientID}))},
		"several audiences, but our azp+": {"aud": []string{clientID, "another"}, "azp": clientID},
	} {
		browser, told := s.begun(t)
		code := s.chosen(t, told, "olga")
		payload := s.payload(map[string]any{"aud": clientID, "nonce": told.Get("nonce"), signin.RolesClaim: []string{"ops"}})
		raw, given := change["raw"]
		if !given {
			for claim, value := range change {
				payload[claim] = value
				if value == nil {
					delete(payload, claim)
				}
			}
			raw = sign(t, jose.RS256, private.Key, private.KeyID, payload)
		}
		s.answerWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/oauth/token") {
				usual.ServeHTTP(w, r)
				return
			}
			answer := map[string]any{"access_token": "secret-access-token", "token_type": "Bearer", "expires_in": 60}
			if raw != "" {
				answer["id_token"] = raw
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer)
		}))
		before := s.sessions(t)
		res, _ := s.get(t, browser, s.callback(code, told.Get("state")))
		if name == "" || strings.HasSuffix(name, "+") {
			require.Equal(t, http.StatusSeeOther, res.StatusCode, name)
			continue
		}
		require.Equal(t, http.StatusTeapot, res.StatusCode, name)
		err := s.failure(t)
		require.ErrorIs(t, err, signin.ErrRefused, name)
		require.NotErrorIs(t, err, signin.ErrUnauthenticated, "the browser would go round in circles")
		require.NotContains(t, err.Error(), "secret-access-token")
		require.Equal(t, before, s.sessions(t), name)
		s.answerWith(usual)
	}
}

func TestWeb_isUnavailableWhileTheIssuerIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, told := s.begun(t)
	code := s.chosen(t, told, "olga")
	s.down.Store(true)
	s.get(t, browser, s.callback(code, told.Get("state")))
	require.ErrorIs(t, s.failure(t), signin.ErrUnavailable)

	usual := *s.handler.Load()
	s.down.Store(false)
	s.answerWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/oauth/token") {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"error":"invalid_client","error_description":"it was wrong-secret"}`)
			return
		}
		usual.ServeHTTP(w, r)
	}))
	browser, told = s.begun(t)
	s.get(t, browser, s.callback("code", told.Get("state")))
	err := s.failure(t)
	require.ErrorIs(t, err, signin.ErrUnavailable, "our own secret is wrong, not the person")
	require.NotContains(t, err.Error(), "wrong-secret")
}

func TestWeb_findsAnIssuerThatWasAwayAtTheStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.down.Store(true)
	web, err := signin.NewWeb(b.bearer(t), nobody{}, signin.WebOptions{
		ClientID: clientID, ClientSecret: "web",
		PublicURL: "https://relink.example.com",
	})
	require.NoError(t, err)
	begin := func() error {
		_, err := web.Begin(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/signin", nil), "")
		return err
	}
	require.ErrorIs(t, begin(), signin.ErrUnavailable)
	b.down.Store(false)
	b.clock.Advance(5 * time.Second)
	require.NoError(t, begin())
}

func TestWebFinish_leadsOnlyToPagesOfOurs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, own := range []string{"/ops/items/1?a=b", "/", "/" + strings.Repeat("a", 500)} {
		_, page := s.signIn(t, "olga", own)
		require.Equal(t, own, page.Path)
	}
	for _, other := range []string{
		"", "ops", "//evil.example", "///evil.example", "https://evil.example/ops", "https:evil.example", "javascript:alert(1)",
		`/\evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example", " //evil.example", "/signin?to=/signin", "/signout",
		"/" + strings.Repeat("a", 512),
	} {
		_, page := s.signIn(t, "olga", other)
		require.Equal(t, "/ops", page.Path, "%q", other)
	}
}

// nobody stores no sessions.
type nobody struct{ signin.Sessions }

func TestWeb_bindsCookiesToTheHostOverHTTPS(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for public, want := range map[string]struct {
		prefix string
		secure bool
	}{
		"https://relink.example.com": {"__Host-relink_signin_", true},
		"http://127.0.0.1:8080":      {"relink_signin_", false},
	} {
		web, err := signin.NewWeb(b.bearer(t), nobody{}, signin.WebOptions{ClientID: clientID, ClientSecret: "web", PublicURL: public})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		location, err := web.Begin(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/signin", nil), "/ops")
		require.NoError(t, err)
		require.Contains(t, location, url.QueryEscape(public+"/signin/callback"))
		cookies := w.Result().Cookies()
		require.Len(t, cookies, 1)
		c := cookies[0]
		require.True(t, strings.HasPrefix(c.Name, want.prefix), c.Name)
		require.Equal(t, want.secure, c.Secure)
		require.True(t, c.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, c.SameSite)
		require.Equal(t, "/", c.Path)
		require.Empty(t, c.Domain)
		require.Equal(t, 600, c.MaxAge)
	}
}

func TestWeb_sessionCookieEndsWithTheBrowserAndIsHTTPOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, told := s.begun(t)
	res, _ := s.get(t, browser, s.callback(s.chosen(t, told, "olga"), told.Get("state")))
	var session *http.Cookie
	for _, c := range res.Cookies() {
		if c.Name == "relink_session" {
			session = c
		}
	}
	require.NotNil(t, session)
	require.True(t, session.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, session.SameSite)
	require.Zero(t, session.MaxAge)
	require.True(t, session.Expires.IsZero())
}

func TestWebRun_sweepsSessionsThatEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn(t, "olga", "/")
	_, err := s.db.Exec(t.Context(), `UPDATE sessions SET expiry = now() - interval '1 second'`)
	require.NoError(t, err)
	run(t, s.web)
	require.Eventually(t, func() bool { return s.sessions(t) == 0 }, 10*time.Second, 10*time.Millisecond)
}

func TestWebRun_logsAFailedSweepAndGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	core, logs := observer.New(zap.WarnLevel)
	web, err := signin.NewWeb(s.bearer(t), brokenSweep{}, signin.WebOptions{
		ClientID: clientID, ClientSecret: "web", PublicURL: s.at,
		Logger: zap.New(core),
	})
	require.NoError(t, err)
	run(t, web)
	require.Eventually(t, func() bool { return logs.FilterMessage("sessions not swept").Len() == 1 }, 10*time.Second, 10*time.Millisecond)
}

func TestNewWeb_refusesOptionsThatCannotWork(t *testing.T) {
	t.Parallel()
	bearer := setup(t).bearer(t)
	good := signin.WebOptions{ClientID: clientID, ClientSecret: "web", PublicURL: "https://relink.example.com"}
	_, err := signin.NewWeb(bearer, nobody{}, good)
	require.NoError(t, err)
	_, err = signin.NewWeb(nil, nobody{}, good)
	require.Error(t, err)
	_, err = signin.NewWeb(bearer, nil, good)
	require.Error(t, err)
	for _, bad := range []signin.WebOptions{
		{ClientSecret: "web", PublicURL: good.PublicURL},
		{ClientID: clientID, PublicURL: good.PublicURL},
		{ClientID: clientID, ClientSecret: "web", PublicURL: "relink.example.com"},
	} {
		_, err := signin.NewWeb(bearer, nobody{}, bad)
		require.Error(t, err)
	}
}

// TestRoles_areThePublishedTable compares SECURITY.md with the table.
func TestRoles_areThePublishedTable(t *testing.T) {
	t.Parallel()
	published, err := os.ReadFile("../../SECURITY.md")
	require.NoError(t, err)
	for _, r := range signin.Roles() {
		require.Contains(t, string(published), "| `"+string(r.Role)+"` | `"+strings.Join(r.Scopes, "` `")+"` |")
	}
	require.Contains(t, string(published), "`"+signin.RolesClaim+"`")
}
