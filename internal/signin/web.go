package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/alexedwards/scs/v2"
	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
	"golang.org/x/oauth2"
)

// CallbackPath is the path below PublicURL to which the issuer sends people back. It is registered there as redirect
// URI.
const CallbackPath = "/signin/callback"

// The reasons why a sign-in did not succeed.
var (
	// ErrStale: this browser began no such sign-in, or too long ago, or has finished it. The response is 400; a new
	// sign-in helps.
	ErrStale = errors.New("no such sign-in is under way")
	// ErrRefused: the issuer did not sign the person in, or its ID token is not valid. The response is 403.
	ErrRefused = errors.New("not signed in by the issuer")
)

// WebOptions configure a Web: our client at the issuer, and our own address.
type WebOptions struct {
	ClientID     string
	ClientSecret string
	// PublicURL is our own base URL. With https the cookies are Secure and bound to this host.
	PublicURL string
	// Logger gets the errors of sweeps; default none.
	Logger *zap.Logger
}

// Web signs people in at the issuer, with OpenID Connect's code flow and PKCE, and keeps their sessions. No token of
// the issuer outlives the request that fetched it.
type Web struct {
	trusted  *trusted
	opts     WebOptions
	callback string
	secure   bool
	kept     Sessions
	sessions *scs.SessionManager
}

// NewWeb returns a Web for the issuer whose tokens b checks.
func NewWeb(b *Bearer, kept Sessions, opts WebOptions) (*Web, error) {
	if b == nil || kept == nil {
		return nil, errors.New("sign-in: an issuer and a place for sessions are required")
	}
	if opts.ClientID == "" || opts.ClientSecret == "" {
		return nil, errors.New("sign-in: a client id and its secret are required")
	}
	public, err := url.Parse(opts.PublicURL)
	if err != nil || (public.Scheme != "http" && public.Scheme != "https") || public.Host == "" {
		return nil, fmt.Errorf("sign-in: public url %q is not an http or https URL", opts.PublicURL)
	}
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	w := &Web{
		trusted: &b.trusted, opts: opts, kept: kept,
		callback: strings.TrimSuffix(opts.PublicURL, "/") + CallbackPath, secure: public.Scheme == "https",
	}
	w.sessions = w.newSessions()
	return w, nil
}

// cookieName returns a cookie's name, bound to our host where browsers support it: a cookie with this prefix was set by
// us, over https, and not by a neighbouring subdomain.
func (w *Web) cookieName(name string) string {
	if w.secure {
		return "__Host-" + name
	}
	return name
}

func (w *Web) client(ctx context.Context) (*oauth2.Config, error) {
	endpoint, err := w.trusted.keys.endpoint(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: w.opts.ClientID, ClientSecret: w.opts.ClientSecret, Endpoint: endpoint, RedirectURL: w.callback,
		Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, nil
}

// Begin returns the URL at which the person signs in. Afterwards Finish leads back to the path to, if it is one of
// ours. Errors wrap ErrUnavailable.
func (w *Web) Begin(rw http.ResponseWriter, r *http.Request, to string) (location string, err error) {
	client, err := w.client(r.Context())
	if err != nil {
		return "", err
	}
	a := newAttempt(to)
	w.keep(rw, a)
	return client.AuthCodeURL(a.state, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// Finish completes the sign-in of a browser that comes back from the issuer. It begins the session and returns the path
// to which the browser goes next. Errors wrap ErrStale, ErrRefused or ErrUnavailable, or are those of Sessions.
func (w *Web) Finish(rw http.ResponseWriter, r *http.Request) (to string, err error) {
	query := r.URL.Query()
	a, err := w.attempt(r, query.Get("state"))
	if err != nil {
		return "", err
	}
	w.drop(rw, a) // an attempt is valid for one return
	if code := query.Get("error"); code != "" {
		return "", fmt.Errorf("%w: the issuer responded %q", ErrRefused, code[:min(len(code), 40)])
	}
	idToken, err := w.exchange(r.Context(), query.Get("code"), a)
	if err != nil {
		return "", err
	}
	p, err := w.person(r.Context(), idToken, a.Nonce)
	if err != nil {
		return "", err
	}
	return a.To, w.begin(rw, r, p)
}

// exchange returns the ID token of a code.
func (w *Web) exchange(ctx context.Context, code string, a attempt) (string, error) {
	client, err := w.client(ctx)
	if err != nil {
		return "", err
	}
	token, err := client.Exchange(oidc.ClientContext(ctx, w.trusted.keys.client), code, oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant":
		return "", fmt.Errorf("%w: the issuer does not take the code", ErrStale)
	case errors.As(err, &refused):
		// Its own text holds the whole response. An error that is not the code's is ours or the issuer's.
		return "", fmt.Errorf("%w: exchange code: the issuer responded %d %q", ErrUnavailable, refused.Response.StatusCode, refused.ErrorCode)
	case err != nil:
		return "", fmt.Errorf("%w: exchange code: %w", ErrUnavailable, err)
	}
	idToken, ok := token.Extra("id_token").(string)
	if !ok {
		return "", fmt.Errorf("%w: there is no ID token", ErrRefused)
	}
	return idToken, nil
}

// person checks the ID token (OpenID Connect Core 1.0, 3.1.3.7) and returns its person.
func (w *Web) person(ctx context.Context, idToken, nonce string) (person, error) {
	verified, err := w.trusted.verify(ctx, idToken, w.opts.ClientID)
	if errors.Is(err, ErrUnavailable) {
		return person{}, err
	}
	if err != nil { // not wrapped: ErrUnauthenticated would send the browser to sign in again without end
		return person{}, fmt.Errorf("%w: ID token: %s", ErrRefused, err.Error())
	}
	var c struct {
		Name  string   `json:"name"`
		Party string   `json:"azp"`
		Roles []string `json:"https://relink/roles"`
		// Merchant is the value of MerchantClaim.
		Merchant string `json:"https://relink/merchant"`
	}
	if err := verified.Claims(&c); err != nil {
		return person{}, fmt.Errorf("%w: ID token: claims are not readable", ErrRefused)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(nonce)) != 1:
		return person{}, fmt.Errorf("%w: ID token: it belongs to another sign-in", ErrRefused)
	case len(verified.Audience) > 1 && c.Party != w.opts.ClientID:
		return person{}, fmt.Errorf("%w: ID token: it was made for another client", ErrRefused)
	}
	p := person{Subject: verified.Subject, Name: c.Name}
	for _, r := range Roles() {
		if slices.Contains(c.Roles, string(r.Role)) {
			p.Roles = append(p.Roles, r.Role)
		}
	}
	if slices.Contains(p.Roles, Merchant) {
		p.Merchant = c.Merchant
	}
	return p, nil
}
