package sandbox

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// registry holds everything the local Plaid knows: Items, tokens and Link sessions. Its exported-to-the-package methods
// take the lock; the types it holds are only touched under it, and what leaves it are copies.
type registry struct {
	now func() time.Time

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

func newRegistry(now func() time.Time) *registry {
	byID := map[string]*institution{}
	for _, in := range institutions() {
		byID[in.id] = &in
	}
	return &registry{
		now:          now,
		institutions: byID,
		items:        map[string]*item{},
		accessTokens: map[string]*item{},
		publicTokens: map[string]*publicToken{},
		linkTokens:   map[string]*linkToken{},
		hostedLinks:  map[string]*linkToken{},
		sessions:     map[string]*linkSession{},
		visits:       map[string]*bankVisit{},
	}
}

// errUnknownItem is the controls' answer to an item_id nobody created; Plaid's API never takes an item_id.
var errUnknownItem = errors.New("no such Item")

// withToken runs f on the Item of an access token, under the lock.
func (g *registry) withToken(accessToken string, f func(*item) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	it, err := g.byAccessToken(accessToken)
	if err != nil {
		return err
	}
	return f(it)
}

// withItem runs f on an Item that has not been removed, under the lock.
func (g *registry) withItem(itemID string, f func(*item) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	it, ok := g.items[itemID]
	if !ok || it.removed {
		return fmt.Errorf("%w: %s", errUnknownItem, itemID)
	}
	return f(it)
}

// byAccessToken needs the lock.
func (g *registry) byAccessToken(token string) (*item, error) {
	if err := checkTokenFormat("access", token, "INVALID_ACCESS_TOKEN"); err != nil {
		return nil, err
	}
	it, ok := g.accessTokens[token]
	switch {
	case !ok:
		return nil, plaidError("INVALID_ACCESS_TOKEN")
	case it.removed:
		return nil, plaidError("ITEM_NOT_FOUND")
	}
	return it, nil
}

// add needs the lock.
func (g *registry) add(it *item) {
	g.items[it.id] = it
	g.accessTokens[it.accessToken] = it
}

// publicToken stands for one Item for half an hour, once (plaid.com/docs/api/items, /item/public_token/exchange).
type publicToken struct {
	item    *item
	expires time.Time
	used    bool
}

const publicTokenLifetime = 30 * time.Minute

// mintPublicToken needs the lock.
func (g *registry) mintPublicToken(it *item) string {
	token := newPublicToken()
	g.publicTokens[token] = &publicToken{item: it, expires: g.now().Add(publicTokenLifetime)}
	return token
}

// institution needs the lock. Its logins may change once the lock is given back.
func (g *registry) institution(id string) (*institution, error) {
	in, ok := g.institutions[id]
	if !ok {
		return nil, plaidError("INVALID_INSTITUTION")
	}
	return in, nil
}

// institutionNow answers an institution as it is at this moment.
func (g *registry) institutionNow(id string) (institution, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	in, err := g.institution(id)
	if err != nil {
		return institution{}, err
	}
	return *in, nil
}

// createItem makes an Item without Link (/sandbox/public_token/create) at a known institution and answers its public token.
func (g *registry) createItem(institutionID, username string, products []string, webhookURL string) (publicToken, itemID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	in := g.institutions[institutionID]
	it := newItem(in, username, products, webhookURL, sandboxAccounts(currencyOf(*in)), g.now())
	g.add(it)
	return g.mintPublicToken(it), it.id
}

// exchange spends a public token. One from update mode gives the Item's access token as it was.
func (g *registry) exchange(token string) (accessToken, itemID string, err error) {
	if err := checkTokenFormat("public", token, "INVALID_PUBLIC_TOKEN"); err != nil {
		return "", "", err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	pt, ok := g.publicTokens[token]
	switch {
	case !ok:
		return "", "", plaidError("INVALID_PUBLIC_TOKEN")
	case pt.used:
		return "", "", plaidError("INVALID_PUBLIC_TOKEN").because("", "provided public token has already been exchanged")
	case !g.now().Before(pt.expires):
		return "", "", plaidError("INVALID_PUBLIC_TOKEN").because("", "provided public token is expired. Public tokens expire 30 minutes after creation at which point they can no longer be exchanged")
	case pt.item.removed:
		return "", "", plaidError("ITEM_NOT_FOUND")
	}
	pt.used = true
	return pt.item.accessToken, pt.item.id, nil
}
