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

// itemChecker asks Plaid about an Item. Check returns its health, where its webhooks go and how old its data is, with
// one call. Its contract is that of plaid.Client.
type itemChecker interface {
	Check(ctx context.Context, token vault.Sealed) (item.Check, error)
	UpdateWebhook(ctx context.Context, token vault.Sealed, url string) error
}

// itemLister reads the records of all Items. Its contract is that of postgres.Store.
type itemLister interface {
	Token(ctx context.Context, id item.ID) (vault.Sealed, error)
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	ItemsAfter(ctx context.Context, after item.ID, limit int) ([]item.ID, error)
	Receive(ctx context.Context, e inbox.Entry) (inbox.Receipt, error)
	OpenTask(ctx context.Context, t tasks.Task) error
}

// Reconcile holds the activities that compare all Items with Plaid's answers.
type Reconcile struct {
	checker    itemChecker
	store      itemLister
	policies   policies
	webhookURL string
	now        func() time.Time
}

// NewReconcile returns the activities. webhookURL is where Plaid is to send the webhooks of our Items.
func NewReconcile(c itemChecker, s itemLister, p policies, webhookURL string) *Reconcile {
	return &Reconcile{checker: c, store: s, policies: p, webhookURL: webhookURL, now: time.Now}
}

// Page is the argument of ListItems.
type Page struct {
	After item.ID `json:"after,omitempty"`
	Limit int     `json:"limit"`
}

// ListItems returns the ids of the next Items, in order. It returns fewer than Limit only at the end.
func (r *Reconcile) ListItems(ctx context.Context, in Page) ([]item.ID, error) {
	ids, err := r.store.ItemsAfter(ctx, in.After, in.Limit)
	if err != nil {
		return nil, decide(ctx, err)
	}
	return ids, nil
}

// ItemReport is what was found out about one Item. The zero value means that all is as it should be.
type ItemReport struct {
	Difference item.Difference `json:"difference,omitempty"`
	Stale      bool            `json:"stale,omitempty"`
	// WrongWebhook is set when its webhooks go elsewhere; Repaired when they come to us from now on.
	WrongWebhook bool `json:"wrong_webhook,omitempty"`
	Repaired     bool `json:"repaired,omitempty"`
	// LongBroken is set when it has waited for its merchant for over 30 days.
	LongBroken bool `json:"long_broken,omitempty"`
}

const longBroken = 30 * 24 * time.Hour

// ExamineItem asks Plaid about one Item. Where Plaid's answer differs from our records, it leaves a hint for the Item's
// workflow. It opens a task for a person when healthy data is stale, and when webhooks go elsewhere and must not be
// repaired.
func (r *Reconcile) ExamineItem(ctx context.Context, id item.ID) (ItemReport, error) {
	report, err := r.examine(ctx, id)
	if err != nil {
		return ItemReport{}, decide(ctx, fmt.Errorf("examine item: %w", err))
	}
	return report, nil
}

func (r *Reconcile) examine(ctx context.Context, id item.ID) (report ItemReport, err error) {
	p, err := r.policies.Policy(ctx)
	if err != nil {
		return report, err
	}
	token, err := r.store.Token(ctx, id)
	if err != nil {
		return report, err
	}
	check, err := r.checker.Check(ctx, token)
	if err != nil {
		return report, err
	}
	// Loaded after Plaid answered: what a webhook has reported meanwhile is no difference.
	ref, life, err := r.store.Load(ctx, id)
	if err != nil {
		return report, err
	}
	now := r.now().UTC()
	report.Difference = item.ProductionRules().Differs(life, check.Status, now)
	report.LongBroken = life.State.Broken() && now.Sub(life.BrokenSince) > longBroken
	if report.Difference != item.Same {
		_, err := r.store.Receive(ctx, inbox.Entry{
			Source: item.FromReconcile, Environment: ref.Environment, ItemID: id, Code: report.Difference.Hint(),
		})
		if err != nil {
			return report, err
		}
	}
	if why := item.Stale(check.Status, check.DataAt, now, p.Reconcile.StaleAfter); why != "" {
		report.Stale = true
		if err := r.store.OpenTask(ctx, tasks.Task{Key: "data/" + string(id), Kind: tasks.StaleData, ItemID: id, Why: why}); err != nil {
			return report, err
		}
	}
	if check.Status.Gone || check.Webhook == r.webhookURL {
		return report, nil
	}
	report.WrongWebhook = true
	if !p.Reconcile.RepairWebhooks {
		return report, r.store.OpenTask(ctx, tasks.Task{
			Key: "webhook/" + string(id), Kind: tasks.WebhookElsewhere, ItemID: id, Why: "Plaid does not send its webhooks to us",
		})
	}
	if err := r.checker.UpdateWebhook(ctx, token, r.webhookURL); err != nil {
		return report, err
	}
	report.Repaired = true
	return report, nil
}
