package sandbox

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// registry holds what the local Plaid knows of institutions, Items, tokens and Link sessions.
//
// Whoever serves a request holds mu from the first look at the registry to the last. So every method of the registry and
// of what it holds needs the lock, and none takes it.
type registry struct {
	now  func() time.Time
	send func(webhook) (deliveryID string) // hands a webhook to the queue

	mu           sync.Mutex
	institutions map[string]*institution
	items        map[string]*item // by item_id
	accessTokens map[string]*item
	publicTokens map[string]*publicToken
	linkTokens   map[string]*linkToken
	hostedLinks  map[string]*linkToken // by the id in their URL
	sessions     map[string]*linkSession
	visits       map[string]*bankVisit // by oauth_state_id
}

func newRegistry(now func() time.Time, send func(webhook) string) *registry {
	g := &registry{
		now:          now,
		send:         send,
		institutions: map[string]*institution{},
		items:        map[string]*item{},
		accessTokens: map[string]*item{},
		publicTokens: map[string]*publicToken{},
		linkTokens:   map[string]*linkToken{},
		hostedLinks:  map[string]*linkToken{},
		sessions:     map[string]*linkSession{},
		visits:       map[string]*bankVisit{},
	}
	for _, in := range institutions() {
		g.institutions[in.id] = &in
	}
	return g
}

// locked returns what f returns, and lets nobody else touch the registry meanwhile.
func locked[T any](g *registry, f func() (T, error)) (T, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return f()
}

// errUnknownItem is the controls' answer to an unknown item_id. Plaid's API takes no item_id.
var errUnknownItem = errors.New("no such Item")

// liveItem returns an Item that has not been removed.
func (g *registry) liveItem(id string) (*item, error) {
	it, ok := g.items[id]
	if !ok || it.Removed {
		return nil, fmt.Errorf("%w: %s", errUnknownItem, id)
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
	token := newPublicToken()
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
