package activities

import (
	"context"
	"fmt"
	"time"

	"relink/internal/item"
)

// examiner answers an Item's health, where its webhooks go and how old its data is, in one call of Plaid.
type examiner interface {
	Check(ctx context.Context, token item.Sealed) (item.Checkup, error)
	UpdateWebhook(ctx context.Context, token item.Sealed, url string) error
}

// registry is what is remembered of all Items. Its contracts are those of postgres.Store.
type registry interface {
	Token(ctx context.Context, id item.ID) (item.Sealed, error)
	Load(ctx context.Context, id item.ID) (item.Card, item.Life, error)
	ItemsAfter(ctx context.Context, after item.ID, limit int) ([]item.ID, error)
	Receive(ctx context.Context, a item.Arrival) (item.Receipt, error)
	OpenTask(ctx context.Context, t item.Task) error
}

// Reconcile holds the activities that hold all Items against Plaid's word.
type Reconcile struct {
	examiner   examiner
	registry   registry
	policies   policies
	webhookURL string
	now        func() time.Time
}

// NewReconcile makes the activities; webhookURL is where Plaid is to send our Items' webhooks.
func NewReconcile(e examiner, r registry, p policies, webhookURL string) *Reconcile {
	return &Reconcile{examiner: e, registry: r, policies: p, webhookURL: webhookURL, now: time.Now}
}

// Page is the argument of ListItems.
type Page struct {
	After item.ID `json:"after,omitempty"`
	Limit int     `json:"limit"`
}

// ListItems answers the next Items in the order of their ids.
func (r *Reconcile) ListItems(ctx context.Context, in Page) ([]item.ID, error) {
	ids, err := r.registry.ItemsAfter(ctx, in.After, in.Limit)
	if err != nil {
		return nil, decide(ctx, err)
	}
	return ids, nil
}

// Examined is what was found out about one Item; the zero Examined is: all as it should be.
type Examined struct {
	Difference item.Difference `json:"difference,omitempty"`
	Stale      bool            `json:"stale,omitempty"`
	// WrongWebhook: its webhooks go elsewhere; Repaired: they come to us from now on.
	WrongWebhook bool `json:"wrong_webhook,omitempty"`
	Repaired     bool `json:"repaired,omitempty"`
	// LongBroken: it is waiting for its merchant for over 30 days.
	LongBroken bool `json:"long_broken,omitempty"`
}

const longBroken = 30 * 24 * time.Hour

// ExamineItem asks Plaid about one Item and leaves a hint for its workflow where the truth differs from what we have.
func (r *Reconcile) ExamineItem(ctx context.Context, id item.ID) (Examined, error) {
	found, err := r.examine(ctx, id)
	if err != nil {
		return Examined{}, decide(ctx, fmt.Errorf("examine item: %w", err))
	}
	return found, nil
}

func (r *Reconcile) examine(ctx context.Context, id item.ID) (found Examined, err error) {
	p, err := r.policies.Policy(ctx)
	if err != nil {
		return found, err
	}
	token, err := r.registry.Token(ctx, id)
	if err != nil {
		return found, err
	}
	checkup, err := r.examiner.Check(ctx, token)
	if err != nil {
		return found, err
	}
	// Loaded after Plaid answered: what a webhook has told meanwhile is no difference.
	card, life, err := r.registry.Load(ctx, id)
	if err != nil {
		return found, err
	}
	now := r.now().UTC()
	found.Difference = item.ProductionRules().Differs(life, checkup.Truth, now)
	found.LongBroken = life.State.Broken() && now.Sub(life.BrokenSince) > longBroken
	if found.Difference != item.Same {
		_, err := r.registry.Receive(ctx, item.Arrival{
			Source: item.FromReconcile, Environment: card.Environment, ItemID: id, Code: found.Difference.Hint(),
		})
		if err != nil {
			return found, err
		}
	}
	if why := item.Stale(checkup.Truth, checkup.DataAt, now, p.Reconcile.StaleAfter); why != "" {
		found.Stale = true
		if err := r.registry.OpenTask(ctx, item.Task{Key: "data/" + string(id), Kind: item.TaskStale, ItemID: id, Why: why}); err != nil {
			return found, err
		}
	}
	if checkup.Truth.Gone || checkup.Webhook == r.webhookURL {
		return found, nil
	}
	found.WrongWebhook = true
	if !p.Reconcile.RepairWebhooks {
		return found, r.registry.OpenTask(ctx, item.Task{
			Key: "webhook/" + string(id), Kind: item.TaskWebhook, ItemID: id, Why: "Plaid does not send its webhooks to us",
		})
	}
	if err := r.examiner.UpdateWebhook(ctx, token, r.webhookURL); err != nil {
		return found, err
	}
	found.Repaired = true
	return found, nil
}
