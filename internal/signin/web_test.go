package signin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"relink/internal/devstack/issuer"
	"relink/internal/postgres"
	"relink/internal/signin"
	"relink/internal/testkit"
)

const clientID = "relink-web"

// site is a small site with a sign-in at the bundle's issuer and sessions in a real Postgres.
type site struct {
	bundle
	web *signin.Web
	db  *pgxpool.Pool
	at  string

	mu       sync.Mutex
	failures []error // of Begin and Finish, in order
}

func newSite(t *testing.T) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &site{bundle: setup(t), at: "http://" + l.Addr().String()}
	s.answerWith(s.issuer(t, s.people).Handler())
	database := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	store, err := postgres.Open(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	s.db, err = pgxpool.New(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(s.db.Close)
	s.web, err = signin.NewWeb(s.bearer(t), store.Sessions(signin.SessionIdle), signin.WebOptions{
		ClientID: clientID, ClientSecret: "web", PublicURL: s.at,
	})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(s.routes())
	require.NoError(t, server.Listener.Close())
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return s
}

func (s *site) people(o *issuer.Options) {
	o.Clients = append(o.Clients, issuer.Client{ID: clientID, Secret: "web", RedirectURIs: []string{s.at + signin.CallbackPath}})
	for subject, role := range map[string]string{"mia": "merchant", "otto": "ops"} {
		o.People = append(o.People, issuer.Person{
			Subject: subject, Name: subject, Claims: map[string]any{signin.RolesClaim: []string{role}, signin.MerchantClaim: "blue"},
		})
	}
	for subject, roles := range map[string]any{
		"olga": []string{"ops"}, "uma": []string{"underwriter", "support", "queen"}, "nora": nil, "odd": "ops",
	} {
		o.People = append(o.People, issuer.Person{
			Subject: subject, Name: strings.ToUpper(subject[:1]) + subject[1:], Claims: map[string]any{signin.RolesClaim: roles},
		})
	}
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	lead := func(w http.ResponseWriter, r *http.Request, to string, err error) {
		if err != nil {
			s.mu.Lock()
			s.failures = append(s.failures, err)
			s.mu.Unlock()
			http.Error(w, "failed", http.StatusTeapot)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
	mux.HandleFunc("GET /signin", func(w http.ResponseWriter, r *http.Request) {
		to, err := s.web.Begin(w, r, r.URL.Query().Get("to"))
		lead(w, r, to, err)
	})
	mux.HandleFunc("GET "+signin.CallbackPath, func(w http.ResponseWriter, r *http.Request) {
		to, err := s.web.Finish(w, r)
		lead(w, r, to, err)
	})
	mux.HandleFunc("POST /signout", func(w http.ResponseWriter, r *http.Request) { lead(w, r, "/", s.web.End(w, r)) })
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		caller, err := s.web.Caller(r)
		answer := map[string]any{"path": r.URL.RequestURI(), "caller": caller}
		if err != nil {
			answer["error"] = err.Error()
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	return mux
}

// failure returns the newest error and forgets it.
func (s *site) failure(t *testing.T) error {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotEmpty(t, s.failures)
	err := s.failures[len(s.failures)-1]
	s.failures = s.failures[:len(s.failures)-1]
	return err
}

// seen is the content of the site's page.
type seen struct {
	Path   string
	Caller signin.Caller
	Error  string
}

func read(t *testing.T, page string) seen {
	t.Helper()
	var s seen
	require.NoError(t, json.Unmarshal([]byte(page), &s), page)
	return s
}

func (s *site) signIn(t *testing.T, subject, to string) (*http.Client, seen) {
	t.Helper()
	browser, page, err := issuer.SignIn(t.Context(), s.at+"/signin?"+url.Values{"to": {to}}.Encode(), subject)
	require.NoError(t, err)
	t.Cleanup(browser.CloseIdleConnections)
	return browser, read(t, page)
}

func (s *site) get(t *testing.T, browser *http.Client, target string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	require.NoError(t, err)
	return s.do(t, browser, req)
}

func (s *site) do(t *testing.T, browser *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := browser.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(page)
}

// begun begins a sign-in in a new browser and stops before the issuer. It returns the parameters for the issuer.
func (s *site) begun(t *testing.T) (*http.Client, url.Values) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(browser.CloseIdleConnections)
	res, _ := s.get(t, browser, s.at+"/signin")
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	location, err := res.Location()
	require.NoError(t, err)
	require.Equal(t, strings.TrimSuffix(s.url, "/")+"/authorize", location.Scheme+"://"+location.Host+location.Path)
	return browser, location.Query()
}

func (s *site) callback(code, state string) string {
	return s.at + signin.CallbackPath + "?" + url.Values{"code": {code}, "state": {state}}.Encode()
}

func (s *site) sessions(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, s.db.QueryRow(t.Context(), `SELECT count(*) FROM sessions`).
		Scan(&n))
	return n
}

func TestWebFinish_leadsBackToTheRequestedPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, page := s.signIn(t, "olga", "/ops/items/itm_1?x=1&y=%2F")
	require.Equal(t, seen{
		Path: "/ops/items/itm_1?x=1&y=%2F",
		Caller: signin.Caller{
			Subject: "olga", SignedIn: true, Name: "Olga", Roles: []signin.Role{signin.Ops},
			Scopes: []string{"items:read", "ops:act", "ops:read"},
		},
	}, page)
	_, again := s.get(t, browser, s.at+"/")
	require.Equal(t, page.Caller, read(t, again).Caller)
}

func TestWebCaller_hasTheScopesOfItsKnownRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, uma := s.signIn(t, "uma", "/")
	require.Equal(t, []signin.Role{signin.Underwriter, signin.Support}, uma.Caller.Roles)
	require.Equal(t, []string{"items:read"}, uma.Caller.Scopes)
	_, nora := s.signIn(t, "nora", "/")
	require.Equal(t, "nora", nora.Caller.Subject)
	require.Empty(t, nora.Caller.Scopes, "who has no role may do nothing")

	_, _, err := issuer.SignIn(t.Context(), s.at+"/signin", "odd")
	require.NoError(t, err)
	require.ErrorIs(t, s.failure(t), signin.ErrRefused, "roles in another shape are not guessed at")
}

func TestWebCaller_hasTheMerchantThatTheIssuerNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, mia := s.signIn(t, "mia", "/")
	require.Equal(t, "blue", mia.Caller.Merchant)
	_, otto := s.signIn(t, "otto", "/")
	require.Empty(t, otto.Caller.Merchant, "the claim is a merchant's alone")
}

func TestWeb_sessionHoldsThePersonAndNoTokenOfTheIssuer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, _ := s.signIn(t, "olga", "/")
	var token string
	var data []byte
	var life, idle time.Duration
	require.NoError(t, s.db.QueryRow(t.Context(), `SELECT token, data, expiry - now(), idle_until - now() FROM sessions`).
		Scan(&token, &data, &life, &idle))
	require.Contains(t, string(data), `{"sub":"olga","name":"Olga","roles":["ops"]}`)
	require.NotContains(t, string(data), "eyJ", "no token")
	require.InDelta(t, 12*time.Hour, life, float64(time.Minute))
	require.InDelta(t, 30*time.Minute, idle, float64(time.Minute))

	at, err := url.Parse(s.at)
	require.NoError(t, err)
	cookies := browser.Jar.Cookies(at)
	require.Len(t, cookies, 1, "the attempt's own is gone")
	require.NotContains(t, token, cookies[0].Value, "whoever reads the table cannot be Olga")
}

func TestWebCaller_unusedSessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, _ := s.signIn(t, "olga", "/")
	_, err := s.db.Exec(t.Context(), `UPDATE sessions SET idle_until = now() - interval '1 second'`)
	require.NoError(t, err)
	_, page := s.get(t, browser, s.at+"/")
	require.Equal(t, signin.ErrNoSession.Error(), read(t, page).Error)
	require.Equal(t, "Bearer", signin.Challenge(signin.ErrNoSession))
	require.ErrorIs(t, signin.ErrNoSession, signin.ErrUnauthenticated)
}

func TestWebEnd_endsTheSessionForEveryHolder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, _ := s.signIn(t, "olga", "/")
	at, err := url.Parse(s.at)
	require.NoError(t, err)
	stolen := browser.Jar.Cookies(at)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.at+"/signout", nil)
	require.NoError(t, err)
	s.do(t, browser, req)
	require.Empty(t, browser.Jar.Cookies(at))
	require.Zero(t, s.sessions(t))

	req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, s.at+"/", nil)
	require.NoError(t, err)
	req.AddCookie(stolen[0])
	_, page := s.do(t, &http.Client{}, req)
	require.NotEmpty(t, read(t, page).Error)
	require.Zero(t, s.sessions(t), "using it brings nothing back")
}

func TestWebFinish_replacesASessionFromBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mallory, _ := s.signIn(t, "nora", "/")
	at, err := url.Parse(s.at)
	require.NoError(t, err)
	planted := mallory.Jar.Cookies(at)[0]

	browser, told := s.begun(t)
	browser.Jar.SetCookies(at, []*http.Cookie{{Name: planted.Name, Value: planted.Value, Path: "/"}})
	res, _ := s.get(t, browser, s.callback(s.chosen(t, told, "olga"), told.Get("state")))
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	_, page := s.get(t, browser, s.at+"/")
	require.Equal(t, "olga", read(t, page).Caller.Subject)
	_, page = s.get(t, mallory, s.at+"/")
	require.Equal(t, signin.ErrNoSession.Error(), read(t, page).Error)
	require.Equal(t, 1, s.sessions(t))
}

// chosen chooses a person at the issuer and returns the code.
func (s *site) chosen(t *testing.T, told url.Values, subject string) string {
	t.Helper()
	form := url.Values{"person": {subject}}
	for name := range told {
		form.Set(name, told.Get(name))
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"authorize", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(browser.CloseIdleConnections)
	res, page := s.do(t, browser, req)
	require.Equal(t, http.StatusSeeOther, res.StatusCode, page)
	location, err := res.Location()
	require.NoError(t, err)
	require.Equal(t, told.Get("state"), location.Query().Get("state"))
	return location.Query().Get("code")
}

// run runs the Web until the test ends.
func run(t *testing.T, web *signin.Web) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- web.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

type brokenSweep struct{ signin.Sessions }

func (brokenSweep) Sweep(context.Context) (int64, error) { return 0, errors.New("no connection") }
