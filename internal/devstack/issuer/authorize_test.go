package issuer_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"relink/internal/devstack/issuer"
)

const (
	webSecret = "web+secret"
	redirect  = "http://127.0.0.1:1/signin/callback?keep=me"
)

// desk is an issuer where Olga may sign in to the client "web".
type desk struct {
	url    string
	config oauth2.Config
	offset *atomic.Int64 // of its clock
	client *http.Client  // follows no redirect
}

func newDesk(t *testing.T, path string) desk {
	t.Helper()
	d := desk{offset: new(atomic.Int64)}
	_, d.url = serve(t, path, func(o *issuer.Options) {
		o.Now = func() time.Time { return now.Add(time.Duration(d.offset.Load())) }
		o.Clients = append(o.Clients,
			issuer.Client{ID: "web", Secret: webSecret, RedirectURIs: []string{redirect}},
			issuer.Client{ID: "other", Secret: "other", RedirectURIs: []string{redirect}})
		o.People = []issuer.Person{
			{Subject: "olga", Name: `Olga "O" <Ops>`, About: "works here", Claims: map[string]any{"https://relink/roles": []string{"ops"}}},
			{Subject: "uma", Name: "Uma"},
		}
	})
	provider, err := oidc.NewProvider(t.Context(), d.url)
	require.NoError(t, err)
	d.config = oauth2.Config{
		ClientID: "web", ClientSecret: webSecret, Endpoint: provider.Endpoint(), RedirectURL: redirect, Scopes: []string{"openid", "profile"},
	}
	d.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return d
}

// ask opens the authorization endpoint.
func (d desk) ask(t *testing.T, method, verifier string, change url.Values) *http.Response {
	t.Helper()
	at, err := url.Parse(d.config.AuthCodeURL("the state", oidc.Nonce("the nonce"), oauth2.S256ChallengeOption(verifier)))
	require.NoError(t, err)
	values := at.Query()
	for name, value := range change {
		values[name] = value
	}
	at.RawQuery = ""
	body := ""
	if method == http.MethodPost {
		body = values.Encode()
	} else {
		at.RawQuery = values.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, at.String(), strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := d.client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func (d desk) code(t *testing.T, verifier string) string {
	t.Helper()
	res := d.ask(t, http.MethodPost, verifier, url.Values{"person": {"olga"}})
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	location, err := res.Location()
	require.NoError(t, err)
	require.Equal(t, "the state", location.Query().Get("state"))
	require.Equal(t, "me", location.Query().Get("keep"), "the redirect URI's own query stays")
	return location.Query().Get("code")
}

func TestAuthorize_personSignsInWithACode(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/tenants/dev"} {
		d := newDesk(t, path)
		verifier := oauth2.GenerateVerifier()
		token, err := d.config.Exchange(t.Context(), d.code(t, verifier), oauth2.VerifierOption(verifier))
		require.NoError(t, err)
		require.Empty(t, token.RefreshToken)
		raw, ok := token.Extra("id_token").(string)
		require.True(t, ok)
		provider, err := oidc.NewProvider(t.Context(), d.url)
		require.NoError(t, err)
		checked, err := provider.Verifier(&oidc.Config{ClientID: "web", Now: func() time.Time { return now }}).Verify(t.Context(), raw)
		require.NoError(t, err)
		require.Equal(t, "olga", checked.Subject)
		require.Equal(t, "the nonce", checked.Nonce)
		require.Equal(t, now.Add(time.Hour), checked.Expiry.UTC())
		var claims struct {
			Name  string   `json:"name"`
			Roles []string `json:"https://relink/roles"`
		}
		require.NoError(t, checked.Claims(&claims))
		require.Equal(t, `Olga "O" <Ops>`, claims.Name)
		require.Equal(t, []string{"ops"}, claims.Roles)
	}
}

func TestToken_codeIsGoodOnceForItsClientItsVerifierAndAMinute(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "/")
	verifier := oauth2.GenerateVerifier()
	refused := func(config oauth2.Config, code, verifier, want string) {
		t.Helper()
		_, err := config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
		var answer *oauth2.RetrieveError
		require.ErrorAs(t, err, &answer)
		require.Equal(t, want, answer.ErrorCode)
	}
	code := d.code(t, verifier)
	_, err := d.config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
	require.NoError(t, err)
	refused(d.config, code, verifier, "invalid_grant")
	refused(d.config, "made up", verifier, "invalid_grant")
	refused(d.config, "", verifier, "invalid_grant")
	refused(d.config, d.code(t, verifier), oauth2.GenerateVerifier(), "invalid_grant")

	elsewhere := d.config
	elsewhere.RedirectURL = "http://127.0.0.1:1/another"
	refused(elsewhere, d.code(t, verifier), verifier, "invalid_grant")
	other := d.config
	other.ClientID, other.ClientSecret = "other", "other"
	refused(other, d.code(t, verifier), verifier, "invalid_grant")
	guess := d.config
	guess.ClientSecret = "guess"
	refused(guess, d.code(t, verifier), verifier, "invalid_client")

	late := d.code(t, verifier)
	d.offset.Store(int64(time.Minute))
	refused(d.config, late, verifier, "invalid_grant")
}

func TestAuthorize_pageSaysThatNothingIsChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "/")
	w := httptest.NewRecorder()
	res := d.ask(t, http.MethodGet, oauth2.GenerateVerifier(), nil)
	require.NoError(t, res.Write(w))
	page := w.Body.String()
	require.Contains(t, page, "This is the development issuer.")
	require.Contains(t, page, "asks for no password")
	require.Contains(t, page, "Olga &#34;O&#34; &lt;Ops&gt;")
	require.Contains(t, page, "Uma")
	policy := res.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "form-action 'self' http://127.0.0.1:1;", "browsers hold the redirect against it, too")
	require.NotContains(t, page, "<script")
}

func TestAuthorize_sendsNobodyToAnUnknownClient(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "/")
	for name, change := range map[string]url.Values{
		"unknown client":         {"client_id": {"nobody"}},
		"another redirect":       {"redirect_uri": {"http://evil.example/signin/callback"}},
		"redirect with more":     {"redirect_uri": {redirect + "&more=1"}},
		"no redirect":            {"redirect_uri": {""}},
		"a client without pages": {"client_id": {"platform"}},
		"redirect twice":         {"redirect_uri": {redirect, redirect}},
		"a person nobody knows":  {"person": {"eve"}},
		"no person":              {},
	} {
		res := d.ask(t, http.MethodPost, oauth2.GenerateVerifier(), change)
		require.Equal(t, http.StatusBadRequest, res.StatusCode, name)
		require.Empty(t, res.Header.Get("Location"), name)
	}
}

func TestAuthorize_returnsAWrongRequestToTheClient(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "/")
	for want, change := range map[string]url.Values{
		"unsupported_response_type": {"response_type": {"token"}},
		"invalid_scope":             {"scope": {"profile"}},
		"invalid_request":           {"code_challenge_method": {"plain"}},
		"login_required":            {"prompt": {"none"}},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			change.Set("person", "olga")
			res := d.ask(t, method, oauth2.GenerateVerifier(), change)
			require.Equal(t, http.StatusSeeOther, res.StatusCode)
			location, err := res.Location()
			require.NoError(t, err)
			require.Equal(t, want, location.Query().Get("error"))
			require.Equal(t, "the state", location.Query().Get("state"))
			require.Empty(t, location.Query().Get("code"))
		}
	}
	res := d.ask(t, http.MethodPost, oauth2.GenerateVerifier(), url.Values{"code_challenge": {""}, "person": {"olga"}})
	location, err := res.Location()
	require.NoError(t, err)
	require.Equal(t, "invalid_request", location.Query().Get("error"), "no PKCE, no code")
}

func TestNew_refusesPeopleWithTheSameSubjectOrWithoutAName(t *testing.T) {
	t.Parallel()
	for name, people := range map[string][]issuer.Person{
		"twice":      {{Subject: "olga", Name: "Olga"}, {Subject: "olga", Name: "Other"}},
		"no name":    {{Subject: "olga"}},
		"no subject": {{Name: "Olga"}},
	} {
		_, err := issuer.New(issuer.Options{Issuer: "http://127.0.0.1:1/", Audience: audience, People: people})
		require.Error(t, err, name)
	}
}
