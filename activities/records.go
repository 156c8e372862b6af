package activities

import (
	"cmp"
	"context"
	"time"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
)

// itemStore reads and writes the records of Items. Its contract is that of postgres.Store.
type itemStore interface {
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	Record(ctx context.Context, id item.ID, transitions []item.Transition) error
	MailHistory(ctx context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error)
}

// policies returns the policy in force.
type policies interface {
	Policy(ctx context.Context) (policy.Policy, error)
}

// Records holds the activities that read and write relink's own database.
type Records struct {
	store    itemStore
	policies policies
	now      func() time.Time
}

// NewRecords returns the activities.
func NewRecords(s itemStore, p policies) *Records {
	return &Records{store: s, policies: p, now: time.Now}
}

// StoredItem is an Item as Postgres holds it.
type StoredItem struct {
	Item item.Ref  `json:"card"`
	Life item.Life `json:"life"`
}

// LoadItem returns what Postgres holds of an Item. A run that carries nothing starts with it.
func (r *Records) LoadItem(ctx context.Context, id item.ID) (StoredItem, error) {
	ref, life, err := r.store.Load(ctx, id)
	if err != nil {
		return StoredItem{}, decide(ctx, err)
	}
	return StoredItem{Item: ref, Life: life}, nil
}

// Record is the argument of RecordTransitions.
type Record struct {
	ItemID      item.ID           `json:"item_id"`
	Transitions []item.Transition `json:"transitions"`
}

// RecordTransitions writes transitions to the projection, the audit and the outbox. Each has a key, so recording it
// again changes nothing.
func (r *Records) RecordTransitions(ctx context.Context, in Record) error {
	if err := r.store.Record(ctx, in.ItemID, in.Transitions); err != nil {
		return decide(ctx, err)
	}
	return nil
}

// PlanFor is the argument of PlanReminder.
type PlanFor struct {
	ItemID      item.ID       `json:"item_id"`
	Incident    int           `json:"incident"`
	Kind        item.MailKind `json:"kind,omitempty"`
	State       item.State    `json:"state"`
	Cause       item.Cause    `json:"cause,omitempty"`
	BrokenSince time.Time     `json:"broken_since"`
	EndsAt      time.Time     `json:"ends_at,omitzero"`
	// SendNow is set when a person of ours, or the merchant, wants the next mail now.
	SendNow bool `json:"wanted,omitempty"`
	// UserPresent and Relinks show whether the bank asks for the merchant every time. Relinks are the times of repairs,
	// newest last.
	UserPresent bool        `json:"user_present,omitempty"`
	Relinks     []time.Time `json:"relinks,omitempty"`
}

// Planned is the result of PlanReminder: the next reminder, the number of those that are over, and the version of the
// policy that applied.
type Planned struct {
	Plan   item.Plan     `json:"plan"`
	Used   int           `json:"used"`
	Kind   item.MailKind `json:"kind,omitempty"`
	Policy string        `json:"policy,omitempty"`
}

// PlanReminder plans the next reminder of an incident from the policy and from the mails that were actually sent.
func (r *Records) PlanReminder(ctx context.Context, in PlanFor) (Planned, error) {
	kind := cmp.Or(in.Kind, item.Reminder) // histories from before there were two kinds have none
	h, err := r.store.MailHistory(ctx, in.ItemID, in.Incident, kind)
	if err != nil {
		return Planned{}, decide(ctx, err)
	}
	p, err := r.policies.Policy(ctx)
	if err != nil {
		return Planned{}, decide(ctx, err)
	}
	now := r.now().UTC()
	planned := Planned{Used: h.Used, Kind: kind, Policy: p.Version()}
	switch why, perpetual := p.Perpetual.Asks(in.UserPresent, in.Relinks, now); {
	case h.Suppressed != "": // not even a mail that somebody wants now may go out
		planned.Plan = item.Plan{Exhausted: true, Suppressed: true, Why: h.Suppressed.Sentence()}
	case in.SendNow:
		planned.Plan = item.Plan{Step: h.Used + 1, At: now, Why: "a person wants it now"}
	case perpetual:
		planned.Plan = item.Plan{Exhausted: true, Why: why}
	default:
		planned.Plan = p.For(in.Cause, h.Item.Partner, h.Item.MerchantID).Next(policy.Situation{
			BrokenSince: in.BrokenSince, EndsAt: in.EndsAt, Used: h.Used, LastUsed: h.LastUsed, LastMail: h.LastMail,
			Zone: zoneOf(h.TimeZone), Now: now,
		})
		planned.Plan.At = planned.Plan.At.UTC()
	}
	return planned, nil
}

// zoneOf returns the merchant's time zone. Enrolment refuses a zone that does not exist. If a zone disappears
// later, UTC is better than no mail.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
