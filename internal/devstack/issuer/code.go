package issuer

import (
	"crypto/rand"
	"crypto/subtle"
	"maps"
	"net/url"
	"sync"
	"time"

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
	maps.DeleteFunc(c.open, func(_ string, old grant) bool { return !now.Before(old.until) })
	code, g.until = rand.Text(), now.Add(codeLife)
	c.open[code] = g
	return code
}

// take returns what the code stands for, once: an attempt that fails spends it too.
func (c *codes) take(now time.Time, code string) (grant, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, known := c.open[code]
	delete(c.open, code)
	return g, known && now.Before(g.until)
}

// grantCode exchanges a code for an ID token (RFC 6749, 4.1.3; RFC 7636, 4.6; OpenID Connect Core 1.0, 2).
func (i *Issuer) grantCode(client Client, form url.Values) (granted, error) {
	g, known := i.codes.take(i.opts.Now(), form.Get("code"))
	challenge := oauth2.S256ChallengeFromVerifier(form.Get("code_verifier"))
	if !known || g.clientID != client.ID || g.redirect != form.Get("redirect_uri") ||
		subtle.ConstantTimeCompare([]byte(g.challenge), []byte(challenge)) != 1 {
		return granted{}, refuse("invalid_grant", "the code is not good for this")
	}
	more := map[string]any{"name": g.person.Name}
	if g.nonce != "" {
		more["nonce"] = g.nonce
	}
	signed, err := i.sign(i.claims(g.person.Subject, client.ID, idTokenLife), more, g.person.Claims)
	return granted{
		AccessToken: rand.Text(), // worthless, as Auth0's is if the request names no audience
		TokenType:   "Bearer", ExpiresIn: int64(idTokenLife / time.Second), Scope: g.scope, IDToken: signed,
	}, err
}
