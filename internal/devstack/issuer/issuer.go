package issuer

import (
	"cmp"
	"crypto/rand"
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

// ErrUnknownClient: no client with this id is configured.
var ErrUnknownClient = errors.New("client is unknown")

// ErrScope: the client may not have a scope that was asked for.
var ErrScope = errors.New("scope is not allowed to this client")

// Client may fetch tokens for itself, and sign people in when it has redirect URIs.
type Client struct {
	ID     string
	Secret string
	// Scopes are those it may ask for, and gets when it asks for none.
	Scopes []string
	// RedirectURIs are where it may have people sent back to, each exactly as the client will name it.
	RedirectURIs []string
}

// Options of an Issuer.
type Options struct {
	// Issuer is the base URL, kept exactly as given in the tokens' iss: Auth0's ends in a slash.
	// The endpoints are below it.
	Issuer string
	// Audience is the API the tokens are for.
	Audience string
	Clients  []Client
	// People may sign in.
	People []Person
	// KeyFile keeps the signing key, so that tokens outlive a restart; it is created with mode
	// 0600 when missing. Empty: a key of its own each time.
	KeyFile string
	// TTL is how long a token fetched over HTTP is valid; default 24 h, as at Auth0.
	TTL time.Duration
	// Now is the clock; default time.Now.
	Now func() time.Time
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
func New(opts Options) (*Issuer, error) {
	u, err := url.Parse(opts.Issuer)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("issuer: %q is not an http or https URL without query", opts.Issuer)
	}
	if opts.Audience == "" {
		return nil, errors.New("issuer: an audience is required")
	}
	if opts.TTL < 0 {
		return nil, errors.New("issuer: TTL must not be negative")
	}
	opts.TTL = cmp.Or(opts.TTL, 24*time.Hour)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	clients := make(map[string]Client, len(opts.Clients))
	for _, c := range opts.Clients {
		if c.ID == "" || c.Secret == "" {
			return nil, errors.New("issuer: every client needs an id and a secret")
		}
		if _, twice := clients[c.ID]; twice {
			return nil, fmt.Errorf("issuer: client %q is there twice", c.ID)
		}
		for _, scope := range c.Scopes {
			if scope == "" || strings.ContainsAny(scope, " \"\\") {
				return nil, fmt.Errorf("issuer: client %q has the scope %q, which is none", c.ID, scope)
			}
		}
		clients[c.ID] = c
	}
	people := map[string]bool{}
	for _, p := range opts.People {
		if p.Subject == "" || p.Name == "" || people[p.Subject] {
			return nil, fmt.Errorf("issuer: every person needs a name and a subject of their own, not %q", p.Subject)
		}
		people[p.Subject] = true
	}
	page, err := parsePage()
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	key, err := loadKey(opts.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	return &Issuer{
		opts:    opts,
		base:    strings.TrimSuffix(opts.Issuer, "/"),
		prefix:  strings.TrimSuffix(u.Path, "/"),
		clients: clients,
		key:     key,
		signer:  signer,
		page:    page,
		codes:   codes{open: map[string]grant{}},
	}, nil
}

// Issue signs a token for a configured client, valid for ttl. No scopes means all of the
// client's. Errors wrap ErrUnknownClient or ErrScope.
func (i *Issuer) Issue(clientID string, scopes []string, ttl time.Duration) (string, error) {
	client, known := i.clients[clientID]
	if !known {
		return "", fmt.Errorf("issue token for %q: %w", clientID, ErrUnknownClient)
	}
	if ttl <= 0 {
		return "", fmt.Errorf("issue token for %q: ttl must be positive", clientID)
	}
	granted, err := client.grant(scopes)
	if err != nil {
		return "", fmt.Errorf("issue token for %q: %w", clientID, err)
	}
	return i.sign(clientID, granted, ttl)
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

// accessToken are the claims that RFC 9068 and Auth0 have in common.
type accessToken struct {
	jwt.Claims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"` // separated by spaces
}

func (i *Issuer) sign(clientID string, scopes []string, ttl time.Duration) (string, error) {
	now := i.opts.Now()
	token, err := jwt.Signed(i.signer).Claims(accessToken{
		Claims: jwt.Claims{
			Issuer:   i.opts.Issuer,
			Subject:  clientID,
			Audience: jwt.Audience{i.opts.Audience},
			IssuedAt: jwt.NewNumericDate(now),
			Expiry:   jwt.NewNumericDate(now.Add(ttl)),
			ID:       rand.Text(),
		},
		ClientID: clientID,
		Scope:    strings.Join(scopes, " "),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}

// Handler answers below the issuer's path: GET .well-known/openid-configuration, GET
// .well-known/jwks.json, GET and POST authorize, and POST oauth/token.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+i.prefix+discoveryPath, i.discovery)
	mux.HandleFunc("GET "+i.prefix+keysPath, i.keys)
	mux.HandleFunc("GET "+i.prefix+authorizePath, i.authorize)
	mux.HandleFunc("POST "+i.prefix+authorizePath, i.authorize)
	mux.HandleFunc("POST "+i.prefix+tokenPath, i.token)
	return mux
}
