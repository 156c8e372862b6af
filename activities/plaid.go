package activities

import (
	"context"
	"fmt"
	"time"

	"relink/internal/item"
	"relink/internal/vault"
)

// plaidClient asks Plaid. It opens the sealed tokens itself. Its contract is that of plaid.Client.
type plaidClient interface {
	// Status returns the status of an Item. With accounts it also reads the accounts: an Item without an error may still
	// share none.
	Status(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error)
	// LinkedAt returns when the Link session of a link token ended with success; zero when none did.
	LinkedAt(ctx context.Context, linkToken vault.Sealed) (time.Time, error)
	// Remove removes an Item at Plaid. It returns nil as well when Plaid no longer knows the Item.
	Remove(ctx context.Context, token vault.Sealed) error
}

// tokens returns stored tokens, sealed.
type tokens interface {
	Token(ctx context.Context, id item.ID) (vault.Sealed, error)
	// LinkTokens returns the link tokens minted for the Item after a time, newest first.
	LinkTokens(ctx context.Context, id item.ID, after time.Time) ([]vault.Sealed, error)
}

// tokenStore has the tokens, and stores the accounts that Plaid reports.
type tokenStore interface {
	tokens
	KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error
}

// Plaid holds the activities that call Plaid. They run on a queue of their own, within Plaid's rate limits.
type Plaid struct {
	client plaidClient
	store  tokenStore
}

// NewPlaid returns the activities.
func NewPlaid(c plaidClient, s tokenStore) *Plaid { return &Plaid{client: c, store: s} }

// Ask is the argument of AskPlaid.
type Ask struct {
	ItemID item.ID `json:"item_id"`
	// Accounts also checks that the accounts can be read. An Item counts as connected again only when they can.
	Accounts bool `json:"accounts,omitempty"`
	// LinkedSince also checks whether one of our Link sessions since then ended with success. Zero skips the check.
	LinkedSince time.Time `json:"linked_since,omitzero"`
}

// AskPlaid returns the status of an Item, as Plaid reports it. It stores the accounts and leaves them out of the
// result: a workflow's history keeps the result, and the names of accounts may be names of people.
func (p *Plaid) AskPlaid(ctx context.Context, in Ask) (item.PlaidStatus, error) {
	status, err := ask(ctx, p.client, p.store, in)
	if err == nil && status.Accounts != nil {
		err = p.store.KeepAccounts(ctx, in.ItemID, status.Accounts)
		status.Accounts = nil
	}
	if err != nil {
		return item.PlaidStatus{}, decide(ctx, err)
	}
	return status, nil
}

// RemoveItem removes the Item at Plaid.
func (p *Plaid) RemoveItem(ctx context.Context, id item.ID) error {
	token, err := p.store.Token(ctx, id)
	if err == nil {
		err = p.client.Remove(ctx, token)
	}
	if err != nil {
		return decide(ctx, fmt.Errorf("remove item: %w", err))
	}
	return nil
}

func ask(ctx context.Context, c plaidClient, t tokens, in Ask) (item.PlaidStatus, error) {
	token, err := t.Token(ctx, in.ItemID)
	if err != nil {
		return item.PlaidStatus{}, fmt.Errorf("fetch token: %w", err)
	}
	status, err := c.Status(ctx, token, in.Accounts)
	if err != nil {
		return item.PlaidStatus{}, fmt.Errorf("ask plaid: %w", err)
	}
	if in.LinkedSince.IsZero() || !status.Healthy() {
		return status, nil
	}
	status.RelinkedAt, err = linkedSince(ctx, c, t, in)
	return status, err
}

// linkedSince returns when the newest of our Link sessions since in.LinkedSince ended with success; zero when none did.
func linkedSince(ctx context.Context, c plaidClient, t tokens, in Ask) (time.Time, error) {
	minted, err := t.LinkTokens(ctx, in.ItemID, in.LinkedSince)
	if err != nil {
		return time.Time{}, fmt.Errorf("fetch link tokens: %w", err)
	}
	for _, token := range minted {
		at, err := c.LinkedAt(ctx, token)
		if err != nil {
			return time.Time{}, fmt.Errorf("ask plaid about a link session: %w", err)
		}
		if !at.IsZero() {
			return at, nil
		}
	}
	return time.Time{}, nil
}
