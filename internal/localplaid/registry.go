package localplaid

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// registry holds what the local Plaid knows of institutions, Items, tokens and Link sessions. A request holds mu from
// its first look at the registry to its last: every method of the registry and of what it holds needs the lock, and
// none takes it.
type registry struct {
	now  func() time.Time
	send func(webhook) (deliveryID string) // hands a webhook to the queue

	mu           sync.Mutex
	institutions map[string]*institution
	items        map[string]*item // by item_id
	accessTokens map[string]*item
	publicTokens map[string]*publicToken
	linkTokens   map[string]*linkToken
	sessions     map[string]*linkSession
	visits       map[string]*bankVisit // by oauth_state_id
}

func newRegistry(now func() time.Time, send func(webhook) string) *registry {
	g := &registry{
		now: now, send: send, institutions: map[string]*institution{}, items: map[string]*item{}, accessTokens: map[string]*item{},
		publicTokens: map[string]*publicToken{}, linkTokens: map[string]*linkToken{}, sessions: map[string]*linkSession{},
		visits: map[string]*bankVisit{},
	}
	for _, in := range institutions() {
		g.institutions[in.id] = &in
	}
	return g
}

// locked calls f with the registry's lock.
func locked[T any](g *registry, f func() (T, error)) (T, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return f()
}

// liveItem returns an Item that has not been removed, for the controls. Plaid's API takes no item_id.
func (g *registry) liveItem(id string) (*item, error) {
	it, ok := g.items[id]
	if !ok || it.Removed {
		return nil, unknown("Item", id)
	}
	return it, nil
}

func (g *registry) byAccessToken(token string) (*item, error) {
	if err := checkTokenFormat("access", token, "INVALID_ACCESS_TOKEN"); err != nil {
		return nil, err
	}
	it, ok := g.accessTokens[token]
	switch {
	case !ok:
		return nil, plaidError("INVALID_ACCESS_TOKEN")
	case it.Removed:
		return nil, plaidError(codeItemNotFound)
	}
	return it, nil
}

func (g *registry) add(it *item) {
	g.items[it.id] = it
	g.accessTokens[it.AccessToken] = it
}

func (g *registry) institution(id string) (*institution, error) {
	in, ok := g.institutions[id]
	if !ok {
		return nil, plaidError("INVALID_INSTITUTION")
	}
	return in, nil
}

// publicToken stands for one Item for half an hour, once (plaid.com/docs/api/items, /item/public_token/exchange).
type publicToken struct {
	ItemID  string    `json:"item_id"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used,omitempty"`

	item *item
}

const publicTokenLifetime = 30 * time.Minute

func (g *registry) mintPublicToken(it *item) string {
	token := newToken("public")
	g.publicTokens[token] = &publicToken{ItemID: it.id, item: it, Expires: g.now().Add(publicTokenLifetime)}
	return token
}

// spend uses a public token up. One from update mode leads to the Item with its access token as it was.
func (g *registry) spend(token string) (*item, error) {
	const code = "INVALID_PUBLIC_TOKEN"
	if err := checkTokenFormat("public", token, code); err != nil {
		return nil, err
	}
	pt, ok := g.publicTokens[token]
	switch {
	case !ok:
		return nil, plaidError(code)
	case pt.Used:
		return nil, plaidError(code).saying("provided public token has already been exchanged")
	case !g.now().Before(pt.Expires):
		return nil, plaidError(code).saying("provided public token is expired. Public tokens expire 30 minutes after creation " +
			"at which point they can no longer be exchanged")
	case pt.item.Removed:
		return nil, plaidError(codeItemNotFound)
	}
	pt.Used = true
	return pt.item, nil
}

const environment = "sandbox"

// newToken returns a token of a kind: access, public or link.
func newToken(kind string) string { return kind + "-" + environment + "-" + uuid.NewString() }

// Plaid's ids: 37 case-sensitive letters and digits for Items and accounts, 15 for requests.
func newID() string        { return randomID(37) }
func newRequestID() string { return randomID(15) }

func randomID(length int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	raw := make([]byte, length)
	_, _ = rand.Read(raw) // never fails: crypto/rand.Read aborts the program instead
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw)
}

// checkTokenFormat refuses a token of another kind or environment. A token that passes may still be unknown.
func checkTokenFormat(kind, token, code string) error {
	parts := strings.SplitN(token, "-", 3)
	switch {
	case len(parts) != 3 || parts[0] != kind || parts[2] == "":
		const format = "provided %[1]s token is in an invalid format. expected format: %[1]s-<environment>-<identifier>"
		return plaidError(code).saying(fmt.Sprintf(format, kind))
	case parts[1] != environment:
		return plaidError(code).saying("provided " + kind + " token is for the wrong Plaid environment. expected \"" + environment + "\"")
	}
	return nil
}
