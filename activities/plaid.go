package activities

import (
	"context"
	"fmt"
	"time"

	"relink/internal/item"
	"relink/internal/vault"
)

// plaidClient answers what Plaid says about an Item. accounts asks for its accounts too, since an Item without an error may
// still be of no use. It opens the sealed token itself.
type plaidClient interface {
	Truth(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error)
	// LinkedAt answers when the Link session of a link token ended with success, zero when none did.
	LinkedAt(ctx context.Context, linkToken vault.Sealed) (time.Time, error)
	// Remove has Plaid forget an Item; one that is forgotten already is no error.
	Remove(ctx context.Context, token vault.Sealed) error
}

type tokens interface {
	Token(ctx context.Context, id item.ID) (vault.Sealed, error)
	// LinkTokens answers the sealed link tokens minted for the Item after a time, newest first.
	LinkTokens(ctx context.Context, id item.ID, after time.Time) ([]vault.Sealed, error)
}

// tokenStore has the tokens, and keeps what Plaid tells of accounts.
type tokenStore interface {
	tokens
	KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error
}

// Plaid holds the activities that talk to Plaid; they run on their own queue, inside Plaid's limits.
type Plaid struct {
	bank plaidClient
	keep tokenStore
}

// NewPlaid makes the activities.
func NewPlaid(b plaidClient, k tokenStore) *Plaid { return &Plaid{bank: b, keep: k} }

// Ask is the argument of AskPlaid.
type Ask struct {
	ItemID item.ID `json:"item_id"`
	// Accounts: also see that the accounts can be read, before an Item is called connected again.
	Accounts bool `json:"accounts,omitempty"`
	// LinkedSince: also see whether one of our Link sessions since then ended with success; zero asks for none.
	LinkedSince time.Time `json:"linked_since,omitzero"`
}

// AskPlaid asks Plaid for the truth about an Item. Accounts that come with it are kept here: their names must not be part
// of the answer, which a workflow's history keeps.
func (p *Plaid) AskPlaid(ctx context.Context, in Ask) (item.PlaidStatus, error) {
	truth, err := ask(ctx, p.bank, p.keep, in)
	if err == nil && truth.Accounts != nil {
		err = p.keep.KeepAccounts(ctx, in.ItemID, truth.Accounts)
		truth.Accounts = nil
	}
	if err != nil {
		return item.PlaidStatus{}, decide(ctx, err)
	}
	return truth, nil
}

// RemoveItem has Plaid forget the Item.
func (p *Plaid) RemoveItem(ctx context.Context, id item.ID) error {
	token, err := p.keep.Token(ctx, id)
	if err == nil {
		err = p.bank.Remove(ctx, token)
	}
	if err != nil {
		return decide(ctx, fmt.Errorf("remove item: %w", err))
	}
	return nil
}

func ask(ctx context.Context, b plaidClient, t tokens, in Ask) (item.PlaidStatus, error) {
	token, err := t.Token(ctx, in.ItemID)
	if err != nil {
		return item.PlaidStatus{}, fmt.Errorf("fetch token: %w", err)
	}
	truth, err := b.Truth(ctx, token, in.Accounts)
	if err != nil {
		return item.PlaidStatus{}, fmt.Errorf("ask plaid: %w", err)
	}
	if in.LinkedSince.IsZero() || !truth.Healthy() {
		return truth, nil
	}
	truth.RelinkedAt, err = linkedSince(ctx, b, t, in)
	return truth, err
}

// linkedSince answers when the newest Link session of ours after the time ended with success.
func linkedSince(ctx context.Context, b plaidClient, t tokens, in Ask) (time.Time, error) {
	minted, err := t.LinkTokens(ctx, in.ItemID, in.LinkedSince)
	if err != nil {
		return time.Time{}, fmt.Errorf("fetch link tokens: %w", err)
	}
	for _, token := range minted {
		at, err := b.LinkedAt(ctx, token)
		if err != nil {
			return time.Time{}, fmt.Errorf("ask plaid about a link session: %w", err)
		}
		if !at.IsZero() {
			return at, nil
		}
	}
	return time.Time{}, nil
}
