package issuer

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
)

const (
	authorizationCode = "authorization_code"
	codeLife          = time.Minute
	idTokenLife       = time.Hour
)

// grant is what a code stands for.
type grant struct {
	clientID, redirect, nonce, challenge, scope string
	person                                      Person
	until                                       time.Time
}

// codes are those that were handed out and not yet exchanged.
type codes struct {
	mu   sync.Mutex
	open map[string]grant
}

func (c *codes) put(now time.Time, g grant) (code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for code, old := range c.open {
		if !now.Before(old.until) {
			delete(c.open, code)
		}
	}
	code, g.until = rand.Text(), now.Add(codeLife)
	c.open[code] = g
	return code
}

// take answers what the code stands for, once: whoever tries and fails has spent it too.
func (c *codes) take(now time.Time, code string) (grant, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, known := c.open[code]
	delete(c.open, code)
	return g, known && now.Before(g.until)
}

// idToken are the claims of OpenID Connect Core 1.0, 2.
type idToken struct {
	jwt.Claims
	Nonce string `json:"nonce,omitempty"`
	Name  string `json:"name,omitempty"`
}

// grantCode exchanges a code (RFC 6749, 4.1.3; RFC 7636, 4.6).
func (i *Issuer) grantCode(client Client, form url.Values) (granted, error) {
	g, known := i.codes.take(i.opts.Now(), form.Get("code"))
	challenge := oauth2.S256ChallengeFromVerifier(form.Get("code_verifier"))
	if !known || g.clientID != client.ID || g.redirect != form.Get("redirect_uri") ||
		subtle.ConstantTimeCompare([]byte(g.challenge), []byte(challenge)) != 1 {
		return granted{}, &oauthError{http.StatusBadRequest, "invalid_grant", "the code is not good for this"}
	}
	now := i.opts.Now()
	signed, err := jwt.Signed(i.signer).Claims(idToken{
		Claims: jwt.Claims{
			Issuer: i.opts.Issuer, Subject: g.person.Subject, Audience: jwt.Audience{client.ID},
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(idTokenLife)),
		},
		Nonce: g.nonce, Name: g.person.Name,
	}).Claims(g.person.Claims).Serialize()
	if err != nil {
		return granted{}, err
	}
	return granted{
		AccessToken: rand.Text(), // good for nothing, as Auth0's is when no audience was asked for
		TokenType:   "Bearer",
		ExpiresIn:   int64(idTokenLife / time.Second),
		Scope:       g.scope,
		IDToken:     signed,
	}, nil
}
