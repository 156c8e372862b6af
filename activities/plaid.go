package activities

import (
	"context"
	"fmt"

	"relink/internal/item"
)

// bank answers what Plaid says about an Item. accounts asks for its accounts too, since an Item without an error may
// still be of no use. It opens the sealed token itself.
type bank interface {
	Truth(ctx context.Context, token item.Sealed, accounts bool) (item.Truth, error)
}

type tokens interface {
	Token(ctx context.Context, id item.ID) (item.Sealed, error)
}

// Plaid holds the activities that talk to Plaid; they run on their own queue, inside Plaid's limits.
type Plaid struct {
	bank   bank
	tokens tokens
}

// NewPlaid makes the activities.
func NewPlaid(b bank, t tokens) *Plaid { return &Plaid{bank: b, tokens: t} }

// Ask is the argument of AskPlaid.
type Ask struct {
	ItemID item.ID `json:"item_id"`
	// Accounts: also see that the accounts can be read, before an Item is called connected again.
	Accounts bool `json:"accounts,omitempty"`
}

// AskPlaid asks Plaid for the truth about an Item.
func (p *Plaid) AskPlaid(ctx context.Context, in Ask) (item.Truth, error) {
	truth, err := ask(ctx, p.bank, p.tokens, in)
	if err != nil {
		return item.Truth{}, decide(ctx, err)
	}
	return truth, nil
}

func ask(ctx context.Context, b bank, t tokens, in Ask) (item.Truth, error) {
	token, err := t.Token(ctx, in.ItemID)
	if err != nil {
		return item.Truth{}, fmt.Errorf("fetch token: %w", err)
	}
	truth, err := b.Truth(ctx, token, in.Accounts)
	if err != nil {
		return item.Truth{}, fmt.Errorf("ask plaid: %w", err)
	}
	return truth, nil
}
