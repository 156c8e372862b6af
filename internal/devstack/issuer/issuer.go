package issuer

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Errors of [Issuer.Issue].
var (
	ErrUnknownClient = errors.New("client is unknown")
	ErrScope         = errors.New("scope is not allowed to this client")
)

// Client may fetch tokens for itself. It may sign people in if it has redirect URIs.
type Client struct {
	ID, Secret   string
	Scopes       []string // those it may ask for; it gets all of them if it asks for none
	RedirectURIs []string // where it may send people back to, each exactly as the client will name it
}

// Person may be chosen to sign in.
type Person struct {
	Subject, Name string
	About         string         // the page shows it beside the name
	Claims        map[string]any // of the ID token, beside the standard ones, under the names that an Auth0 Action would give them
}

// Options of an Issuer.
type Options struct {
	// Issuer is the base URL, exactly as in the tokens' iss: Auth0's ends in a slash. The endpoints are below it.
	Issuer   string
	Audience string // the API that the tokens are for
	Clients  []Client
	People   []Person // who may sign in
	// KeyFile keeps the signing key, so that tokens outlive a restart. New creates it, with mode 0600. Empty: a new key
	// each time.
	KeyFile string
	TTL     time.Duration    // how long a token fetched over HTTP is valid; 0: 24 h, as at Auth0
	Now     func() time.Time // the clock; nil: time.Now
}

// Issuer signs access and ID tokens (RS256).
type Issuer struct {
	opts    Options
	base    string // Issuer without the last slash
	prefix  string // the path of base
	clients map[string]Client
	key     jose.JSONWebKey // private
	signer  jose.Signer
	page    *template.Template
	codes   codes
}

// New checks the options and reads or makes the signing key.
func New(o Options) (_ *Issuer, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("issuer: %w", err)
		}
	}()
	u, err := url.Parse(o.Issuer)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not an http or https URL without query", o.Issuer)
	}
	if o.Audience == "" || o.TTL < 0 {
		return nil, errors.New("an audience is required, and TTL must not be negative")
	}
	o.TTL = cmp.Or(o.TTL, 24*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	i := &Issuer{
		opts: o, base: strings.TrimSuffix(o.Issuer, "/"), prefix: strings.TrimSuffix(u.Path, "/"),
		clients: map[string]Client{}, codes: codes{open: map[string]grant{}},
	}
	for _, c := range o.Clients {
		if _, twice := i.clients[c.ID]; twice || c.ID == "" || c.Secret == "" {
			return nil, fmt.Errorf("every client needs a secret and an id of its own, not %q", c.ID)
		}
		if slices.ContainsFunc(c.Scopes, func(s string) bool { return s == "" || strings.ContainsAny(s, " \"\\") }) {
			return nil, fmt.Errorf("a scope of client %q is none: %q", c.ID, c.Scopes)
		}
		i.clients[c.ID] = c
	}
	for at, p := range o.People {
		twice := slices.ContainsFunc(o.People[:at], func(other Person) bool { return other.Subject == p.Subject })
		if p.Subject == "" || p.Name == "" || twice {
			return nil, fmt.Errorf("every person needs a name and a subject of their own, not %q", p.Subject)
		}
	}
	if i.page, err = template.ParseFS(pageFiles, "page/authorize.html"); err != nil {
		return nil, err
	}
	if i.key, err = loadKey(o.KeyFile); err != nil {
		return nil, err
	}
	i.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: i.key}, (&jose.SignerOptions{}).WithType("JWT"))
	return i, err
}

// Issue returns a token for a configured client, valid for ttl. No scopes means all of the client's. Errors wrap
// [ErrUnknownClient] or [ErrScope].
func (i *Issuer) Issue(clientID string, scopes []string, ttl time.Duration) (string, error) {
	client, known := i.clients[clientID]
	granted, err := client.grant(scopes)
	if !known {
		err = ErrUnknownClient
	}
	if err == nil && ttl <= 0 {
		err = errors.New("ttl must be positive")
	}
	if err != nil {
		return "", fmt.Errorf("issue token for %q: %w", clientID, err)
	}
	return i.accessToken(clientID, granted, ttl)
}

func (c Client) grant(scopes []string) ([]string, error) {
	if len(scopes) == 0 {
		return c.Scopes, nil
	}
	for _, scope := range scopes {
		if !slices.Contains(c.Scopes, scope) {
			return nil, fmt.Errorf("%w: %q", ErrScope, scope)
		}
	}
	return scopes, nil
}

// accessToken signs the claims that RFC 9068 and Auth0 have in common. scope is separated by spaces.
func (i *Issuer) accessToken(clientID string, scopes []string, ttl time.Duration) (string, error) {
	claims := i.claims(clientID, i.opts.Audience, ttl)
	claims.ID = rand.Text()
	return i.sign(claims, map[string]any{"client_id": clientID, "scope": strings.Join(scopes, " ")})
}

func (i *Issuer) claims(subject, audience string, ttl time.Duration) jwt.Claims {
	now := i.opts.Now()
	return jwt.Claims{
		Issuer: i.opts.Issuer, Subject: subject, Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(ttl)),
	}
}

func (i *Issuer) sign(claims jwt.Claims, more ...map[string]any) (string, error) {
	builder := jwt.Signed(i.signer).Claims(claims)
	for _, m := range more {
		builder = builder.Claims(m)
	}
	return builder.Serialize()
}

// The paths are Auth0's, below the issuer's URL.
const (
	discoveryPath = "/.well-known/openid-configuration"
	keysPath      = "/.well-known/jwks.json"
	authorizePath = "/authorize"
	tokenPath     = "/oauth/token"
)

// Handler serves, below the issuer's path, GET .well-known/openid-configuration, GET .well-known/jwks.json, GET and
// POST authorize, and POST oauth/token.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+i.prefix+discoveryPath, i.discovery)
	mux.HandleFunc("GET "+i.prefix+keysPath, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
	})
	mux.HandleFunc("GET "+i.prefix+authorizePath, i.authorize)
	mux.HandleFunc("POST "+i.prefix+authorizePath, i.authorize)
	mux.HandleFunc("POST "+i.prefix+tokenPath, i.token)
	return mux
}

// discovery names only what exists (OpenID Connect Discovery 1.0, RFC 8414).
func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	scopes := []string{"openid", "profile"}
	for _, client := range i.opts.Clients {
		scopes = append(scopes, client.Scopes...)
	}
	slices.Sort(scopes)
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                i.opts.Issuer,
		"jwks_uri":                              i.base + keysPath,
		"authorization_endpoint":                i.base + authorizePath,
		"token_endpoint":                        i.base + tokenPath,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"grant_types_supported":                 []string{authorizationCode, clientCredentials},
		"response_types_supported":              []string{"code"},
		"code_challenge_methods_supported":      []string{"S256"},
		"scopes_supported":                      slices.Compact(scopes),
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the client is gone
}
