package blackbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Merchant is what the platform says of a merchant when it enrols an Item.
type Merchant struct {
	ID           string `json:"id"`
	BusinessName string `json:"business_name"`
	ContactName  string `json:"contact_name,omitempty"`
	Email        string `json:"email"`
	TimeZone     string `json:"time_zone,omitempty"`
	Locale       string `json:"locale,omitempty"`
	Partner      string `json:"partner,omitempty"`
}

// Item is an Item as /v1 shows it.
type Item struct {
	ID          string    `json:"item_id"`
	Institution string    `json:"institution"`
	State       string    `json:"state"`
	Cause       string    `json:"cause"`
	Incident    int       `json:"incident"`
	BrokenSince time.Time `json:"broken_since"`
	WorkflowID  string    `json:"workflow_id"`
	RunID       string    `json:"run_id"`
}

// TimelineEntry is a line of the timeline.
type TimelineEntry struct {
	At   time.Time       `json:"at"`
	What string          `json:"what"`
	Ref  string          `json:"ref"`
	Data json.RawMessage `json:"data"`
}

// PublicToken plays a first Link session at the local Plaid.
func (w Client) PublicToken(ctx context.Context, institutionID, webhookURL string) (string, error) {
	linked, err := fetch[tokens](ctx, "POST", w.Sandbox+"/sandbox/public_token/create", "", map[string]any{
		"client_id": w.ClientID, "secret": w.Secret, "institution_id": institutionID, "initial_products": []string{"transactions"},
		"options": map[string]any{"webhook": webhookURL},
	})
	return linked.PublicToken, err
}

// Enrol hands a public token to relink, as the platform does.
func (w Client) Enrol(ctx context.Context, publicToken string, m Merchant) (Item, error) {
	return fetch[Item](ctx, "POST", w.API+"/v1/items", w.Bearer, map[string]any{"public_token": publicToken, "merchant": m})
}

// Link links a new Item for the merchant: first Link session, then enrolment.
func (w Client) Link(ctx context.Context, m Merchant) (Item, error) {
	token, err := w.PublicToken(ctx, "ins_109508", w.WebhookURL())
	if err != nil {
		return Item{}, err
	}
	return w.Enrol(ctx, token, m)
}

// WebhookURL is where Plaid sends this deployment's webhooks.
func (w Client) WebhookURL() string { return w.API + "/webhooks/plaid/sandbox" }

// Item reads an Item.
func (w Client) Item(ctx context.Context, id string) (Item, error) {
	return fetch[Item](ctx, "GET", w.API+"/v1/items/"+id, w.Bearer, nil)
}

// Timeline reads an Item's timeline, oldest first.
func (w Client) Timeline(ctx context.Context, id string) ([]TimelineEntry, error) {
	out, err := fetch[struct{ Moments []TimelineEntry }](ctx, "GET", w.API+"/v1/items/"+id+"/timeline", w.Bearer, nil)
	return out.Moments, err
}

// AwaitState waits until an Item is in a state and incident.
func (w Client) AwaitState(ctx context.Context, id, state string, incident int) (Item, error) {
	var it Item
	err := Await(ctx, "item to be "+state, func(ctx context.Context) (_ bool, err error) {
		it, err = w.Item(ctx, id)
		return it.State == state && it.Incident == incident, err
	})
	return it, err
}

// AwaitMoment waits for the nth moment of a kind in an Item's timeline, counted from 1.
func (w Client) AwaitMoment(ctx context.Context, id, what string, nth int) (TimelineEntry, error) {
	var found []TimelineEntry
	err := Await(ctx, what+" in the timeline", func(ctx context.Context) (bool, error) {
		moments, err := w.Timeline(ctx, id)
		found = slices.DeleteFunc(moments, func(m TimelineEntry) bool { return m.What != what })
		return len(found) >= nth, err
	})
	if err != nil {
		return TimelineEntry{}, err
	}
	return found[nth-1], nil
}

// EnrolAll links and enrols an Item for each of the merchants, in their order, and waits until each has its workflow.
// It calls onProgress with the number enrolled.
func (w Client) EnrolAll(ctx context.Context, merchants []Merchant, onProgress func(done int)) ([]Item, error) {
	items := make([]Item, len(merchants))
	var done atomic.Int64
	err := ForEach(ctx, len(merchants), func(ctx context.Context, i int) (err error) {
		if items[i], err = w.Link(ctx, merchants[i]); err != nil {
			return fmt.Errorf("link an item for %s: %w", merchants[i].ID, err)
		}
		onProgress(int(done.Add(1)))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return items, ForEach(ctx, len(items), func(ctx context.Context, i int) error {
		return Await(ctx, "the workflow of item "+items[i].ID, func(ctx context.Context) (bool, error) {
			it, err := w.Item(ctx, items[i].ID)
			if err == nil {
				items[i] = it
			}
			return it.RunID != "", err
		})
	})
}

// Merchants makes up n merchants, each with an address of its own.
func Merchants(n int) []Merchant {
	all := make([]Merchant, n)
	for i := range all {
		all[i] = Merchant{
			ID: fmt.Sprintf("merchant-%d", i), BusinessName: fmt.Sprintf("Business No. %d", i), ContactName: "Ada",
			Email: fmt.Sprintf("owner-%d@crowd.example", i),
		}
	}
	return all
}
