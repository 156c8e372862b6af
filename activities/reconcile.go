package activities

import (
	"context"
	"fmt"
	"time"

	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/tasks"
	"relink/internal/vault"
)

// itemChecker answers an Item's health, where its webhooks go and how old its data is, in one call of Plaid.
type itemChecker interface {
	Check(ctx context.Context, token vault.Sealed) (item.Check, error)
	UpdateWebhook(ctx context.Context, token vault.Sealed, url string) error
}

// itemLister is what is remembered of all Items. Its contracts are those of postgres.Store.
type itemLister interface {
	Token(ctx context.Context, id item.ID) (vault.Sealed, error)
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	ItemsAfter(ctx context.Context, after item.ID, limit int) ([]item.ID, error)
	Receive(ctx context.Context, a inbox.Entry) (inbox.Receipt, error)
	OpenTask(ctx context.Context, t tasks.Task) error
}

// Reconcile holds the activities that hold all Items against Plaid's word.
type Reconcile struct {
	examiner   itemChecker
	registry   itemLister
	policies   policies
	webhookURL string
	now        func() time.Time
}

// NewReconcile makes the activities; webhookURL is where Plaid is to send our Items' webhooks.
func NewReconcile(e itemChecker, r itemLister, p policies, webhookURL string) *Reconcile {
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

// ItemReport is what was found out about one Item; the zero Examined is: all as it should be.
type ItemReport struct {
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
func (r *Reconcile) ExamineItem(ctx context.Context, id item.ID) (ItemReport, error) {
	found, err := r.examine(ctx, id)
	if err != nil {
		return ItemReport{}, decide(ctx, fmt.Errorf("examine item: %w", err))
	}
	return found, nil
}

func (r *Reconcile) examine(ctx context.Context, id item.ID) (found ItemReport, err error) {
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
	found.Difference = item.ProductionRules().Differs(life, checkup.Status, now)
	found.LongBroken = life.State.Broken() && now.Sub(life.BrokenSince) > longBroken
	if found.Difference != item.Same {
		_, err := r.registry.Receive(ctx, inbox.Entry{
			Source: item.FromReconcile, Environment: card.Environment, ItemID: id, Code: found.Difference.Hint(),
		})
		if err != nil {
			return found, err
		}
	}
	if why := item.Stale(checkup.Status, checkup.DataAt, now, p.Reconcile.StaleAfter); why != "" {
		found.Stale = true
		if err := r.registry.OpenTask(ctx, tasks.Task{Key: "data/" + string(id), Kind: tasks.StaleData, ItemID: id, Why: why}); err != nil {
			return found, err
		}
	}
	if checkup.Status.Gone || checkup.Webhook == r.webhookURL {
		return found, nil
	}
	found.WrongWebhook = true
	if !p.Reconcile.RepairWebhooks {
		return found, r.registry.OpenTask(ctx, tasks.Task{
			Key: "webhook/" + string(id), Kind: tasks.WebhookElsewhere, ItemID: id, Why: "Plaid does not send its webhooks to us",
		})
	}
	if err := r.examiner.UpdateWebhook(ctx, token, r.webhookURL); err != nil {
		return found, err
	}
	found.Repaired = true
	return found, nil
}
