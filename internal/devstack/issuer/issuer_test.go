package issuer_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"relink/internal/devstack/issuer"
)

const (
	audience = "https://relink/api"
	secret   = "s3cret: with+signs/&="
)

var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// serve starts an issuer whose URL is that of its own server and path.
func serve(t *testing.T, path string, change func(*issuer.Options)) (*issuer.Issuer, string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	opts := issuer.Options{
		Issuer:   server.URL + path,
		Audience: audience,
		Clients: []issuer.Client{
			{ID: "platform", Secret: secret, Scopes: []string{"items:write", "items:read"}},
			{ID: "under:writer", Secret: "other", Scopes: []string{"audit:read"}},
		},
	}
	if change != nil {
		change(&opts)
	}
	i, err := issuer.New(opts)
	require.NoError(t, err)
	mux.Handle("/", i.Handler())
	return i, opts.Issuer
}

type claims struct {
	jwt.Claims
	Scope string `json:"scope"`
}

// verified checks a token against the issuer's published keys, as a client library does.
func verified(t *testing.T, issuerURL, token string) claims {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuerURL)
	require.NoError(t, err)
	checked, err := provider.Verifier(&oidc.Config{ClientID: audience, Now: func() time.Time { return now }}).Verify(t.Context(), token)
	require.NoError(t, err)
	var c claims
	require.NoError(t, checked.Claims(&c))
	return c
}

func TestToken_clientGetsATokenThatTheKeysConfirm(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/", "/issuer", "/tenants/dev/"} {
		for name, style := range map[string]oauth2.AuthStyle{"basic": oauth2.AuthStyleInHeader, "form": oauth2.AuthStyleInParams} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				_, issuerURL := serve(t, path, func(o *issuer.Options) {
					o.Now = func() time.Time { return now }
					o.TTL = time.Hour
				})
				provider, err := oidc.NewProvider(t.Context(), issuerURL)
				require.NoError(t, err, "discovery says the issuer exactly as configured")
				config := clientcredentials.Config{
					ClientID: "platform", ClientSecret: secret, TokenURL: provider.Endpoint().TokenURL,
					Scopes: []string{"items:read"}, AuthStyle: style, EndpointParams: url.Values{"audience": {audience}},
				}
				token, err := config.Token(t.Context())
				require.NoError(t, err)
				require.Equal(t, "Bearer", token.TokenType)
				require.Equal(t, "items:read", token.Extra("scope"))
				require.EqualValues(t, 3600, token.Extra("expires_in"))

				c := verified(t, issuerURL, token.AccessToken)
				require.Equal(t, issuerURL, c.Issuer)
				require.Equal(t, "platform", c.Subject)
				require.Equal(t, jwt.Audience{audience}, c.Audience)
				require.Equal(t, "items:read", c.Scope)
				require.Equal(t, now, c.IssuedAt.Time().UTC())
				require.Equal(t, now.Add(time.Hour), c.Expiry.Time().UTC())
			})
		}
	}
}

func TestToken_refusesAsRFC6749Says(t *testing.T) {
	t.Parallel()
	_, issuerURL := serve(t, "/", nil)
	good := "grant_type=client_credentials&client_id=platform&client_secret=" + url.QueryEscape(secret)
	basic := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
	}
	for name, tc := range map[string]struct {
		form   string
		change func(*http.Request)
		status int
		code   string
	}{
		"good":                       {good, nil, 200, ""},
		"good, no scope asked":       {good + "&scope=", nil, 200, ""},
		"good by basic":              {"grant_type=client_credentials", basic("platform", secret), 200, ""},
		"good by basic, colon in id": {"grant_type=client_credentials", basic("under:writer", "other"), 200, ""},
		"wrong secret":               {strings.Replace(good, "s3cret", "secret", 1), nil, 401, "invalid_client"},
		"wrong secret by basic":      {"grant_type=client_credentials", basic("platform", "x"), 401, "invalid_client"},
		"unknown client":             {strings.Replace(good, "platform", "plat", 1), nil, 401, "invalid_client"},
		"unknown client, no secret":  {"grant_type=client_credentials&client_id=nobody", nil, 401, "invalid_client"},
		"no credentials":             {"grant_type=client_credentials", nil, 401, "invalid_client"},
		"basic and form":             {good, basic("platform", secret), 400, "invalid_request"},
		"basic not form-encoded": {
			"grant_type=client_credentials", func(r *http.Request) { r.SetBasicAuth("platform", "%zz") }, 400, "invalid_request",
		},
		"no grant type":               {strings.TrimPrefix(good, "grant_type=client_credentials&"), nil, 400, "invalid_request"},
		"another grant type":          {strings.Replace(good, "client_credentials", "password", 1), nil, 400, "unsupported_grant_type"},
		"scope of another client":     {good + "&scope=items:read+audit:read", nil, 400, "invalid_scope"},
		"another audience":            {good + "&audience=https://elsewhere", nil, 403, "access_denied"},
		"a parameter twice":           {good + "&scope=items:read&scope=items:write", nil, 400, "invalid_request"},
		"credentials in the URL":      {"grant_type=client_credentials", func(r *http.Request) { r.URL.RawQuery = good }, 401, "invalid_client"},
		"not a form":                  {"%zz", nil, 400, "invalid_request"},
		"a form larger than any real": {good + "&scope=" + strings.Repeat("x", 1<<20), nil, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuerURL+"oauth/token", strings.NewReader(tc.form))
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if tc.change != nil {
				tc.change(req)
			}
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, tc.status, resp.StatusCode)
			require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			var answer struct {
				Error       string `json:"error"`
				AccessToken string `json:"access_token"`
			}
			require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
			require.Equal(t, tc.code, answer.Error)
			require.Equal(t, tc.status == 200, answer.AccessToken != "")
			require.Equal(t, tc.status == 401, resp.Header.Get("WWW-Authenticate") != "")
		})
	}
}

func TestToken_noScopeMeansAllOfTheClients(t *testing.T) {
	t.Parallel()
	_, issuerURL := serve(t, "/", func(o *issuer.Options) { o.Now = func() time.Time { return now } })
	config := clientcredentials.Config{ClientID: "platform", ClientSecret: secret, TokenURL: issuerURL + "oauth/token"}
	token, err := config.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "items:read items:write", verified(t, issuerURL, token.AccessToken).Scope)
}

func TestIssue_returnsATokenDirectly(t *testing.T) {
	t.Parallel()
	i, issuerURL := serve(t, "/", func(o *issuer.Options) { o.Now = func() time.Time { return now } })
	token, err := i.Issue("platform", []string{"items:write"}, 30*24*time.Hour)
	require.NoError(t, err)
	c := verified(t, issuerURL, token)
	require.Equal(t, "items:write", c.Scope)
	require.Equal(t, now.Add(30*24*time.Hour), c.Expiry.Time().UTC())

	_, err = i.Issue("nobody", nil, time.Hour)
	require.ErrorIs(t, err, issuer.ErrUnknownClient)
	_, err = i.Issue("platform", []string{"audit:read"}, time.Hour)
	require.ErrorIs(t, err, issuer.ErrScope)
	_, err = i.Issue("platform", nil, 0)
	require.Error(t, err)
}

func TestHandler_publishesOnlyPublicKeys(t *testing.T) {
	t.Parallel()
	_, issuerURL := serve(t, "/", nil)
	resp, err := http.Get(issuerURL + ".well-known/jwks.json")
	require.NoError(t, err)
	defer resp.Body.Close()
	var set jose.JSONWebKeySet
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&set))
	require.Len(t, set.Keys, 1)
	require.True(t, set.Keys[0].IsPublic())
	require.NotEmpty(t, set.Keys[0].KeyID)
	require.Equal(t, "RS256", set.Keys[0].Algorithm)
}

func TestNew_keepsTheKeyOverARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep", "issuer.pem")
	opts := issuer.Options{
		Issuer: "http://127.0.0.1:1/", Audience: audience, KeyFile: file,
		Clients: []issuer.Client{{ID: "platform", Secret: secret}},
	}
	before, err := issuer.New(opts)
	require.NoError(t, err)
	token, err := before.Issue("platform", nil, time.Hour)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	_, issuerURL := serve(t, "/", func(o *issuer.Options) { o.KeyFile = file })
	require.NoError(t, confirms(t, issuerURL, token))
	_, otherURL := serve(t, "/", nil)
	require.Error(t, confirms(t, otherURL, token), "another issuer has another key")
}

// confirms checks only the signature.
func confirms(t *testing.T, issuerURL, token string) error {
	t.Helper()
	_, err := oidc.NewRemoteKeySet(t.Context(), issuerURL+".well-known/jwks.json").VerifySignature(t.Context(), token)
	return err
}

func TestNew_processesThatStartTogetherShareOneKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "issuer.pem")
	var mu sync.Mutex
	ids := map[string]bool{}
	var group sync.WaitGroup
	errs := make([]error, 4)
	for n := range errs {
		group.Go(func() {
			i, err := issuer.New(issuer.Options{
				Issuer: "http://127.0.0.1:1/", Audience: audience, KeyFile: file,
				Clients: []issuer.Client{{ID: "platform", Secret: secret}},
			})
			if err != nil {
				errs[n] = err
				return
			}
			token, err := i.Issue("platform", nil, time.Hour)
			signed, parseErr := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
			if errs[n] = errors.Join(err, parseErr); errs[n] != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[signed.Signatures[0].Protected.KeyID] = true
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, ids, 1)
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing temporary is left")
}

func TestNew_refusesAKeyFileThatIsNotOurs(t *testing.T) {
	t.Parallel()
	opts := issuer.Options{Issuer: "http://127.0.0.1:1/", Audience: audience}
	opts.KeyFile = filepath.Join(t.TempDir(), "good.pem")
	_, err := issuer.New(opts)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(opts.KeyFile, 0o644))
	_, err = issuer.New(opts)
	require.ErrorContains(t, err, "expected 0600")

	for name, content := range map[string]string{
		"empty":          "",
		"not PEM":        "hello",
		"another block":  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"damaged inside": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		opts.KeyFile = filepath.Join(t.TempDir(), "bad.pem")
		require.NoError(t, os.WriteFile(opts.KeyFile, []byte(content), 0o600))
		_, err := issuer.New(opts)
		require.Error(t, err, name)
	}
}

func TestNew_refusesWrongOptions(t *testing.T) {
	t.Parallel()
	good := issuer.Options{Issuer: "http://127.0.0.1:1/", Audience: audience}
	for name, change := range map[string]func(*issuer.Options){
		"no issuer":           func(o *issuer.Options) { o.Issuer = "" },
		"issuer is no URL":    func(o *issuer.Options) { o.Issuer = "relink" },
		"issuer with a query": func(o *issuer.Options) { o.Issuer = "http://127.0.0.1/?a=b" },
		"no audience":         func(o *issuer.Options) { o.Audience = "" },
		"negative TTL":        func(o *issuer.Options) { o.TTL = -1 },
		"client without id":   func(o *issuer.Options) { o.Clients = []issuer.Client{{Secret: "s"}} },
		"client, no secret":   func(o *issuer.Options) { o.Clients = []issuer.Client{{ID: "a"}} },
		"client twice":        func(o *issuer.Options) { o.Clients = []issuer.Client{{ID: "a", Secret: "s"}, {ID: "a", Secret: "t"}} },
		"scope with a space":  func(o *issuer.Options) { o.Clients = []issuer.Client{{ID: "a", Secret: "s", Scopes: []string{"a b"}}} },
	} {
		opts := good
		change(&opts)
		_, err := issuer.New(opts)
		require.Error(t, err, name)
	}
}
