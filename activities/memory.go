package activities

import (
	"cmp"
	"context"
	"time"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
)

// itemStore is what is remembered of Items. Its contracts are those of postgres.Store.
type itemStore interface {
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	Record(ctx context.Context, id item.ID, transitions []item.Transition) error
	MailHistory(ctx context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error)
}

// policies answers the policy that holds now.
type policies interface {
	Policy(ctx context.Context) (policy.Policy, error)
}

// Records holds the activities that read and write relink's own database.
type Records struct {
	memory   itemStore
	policies policies
	now      func() time.Time
}

// NewRecords makes the activities.
func NewRecords(m itemStore, p policies) *Records {
	return &Records{memory: m, policies: p, now: time.Now}
}

// Remembered is an Item as Postgres has it.
type Remembered struct {
	Item item.Ref  `json:"card"`
	Life item.Life `json:"life"`
}

// LoadItem answers what is remembered of an Item; a run that carries nothing starts with it.
func (m *Records) LoadItem(ctx context.Context, id item.ID) (Remembered, error) {
	card, life, err := m.memory.Load(ctx, id)
	if err != nil {
		return Remembered{}, decide(ctx, err)
	}
	return Remembered{Item: card, Life: life}, nil
}

// Record is the argument of RecordTransitions.
type Record struct {
	ItemID      item.ID           `json:"item_id"`
	Transitions []item.Transition `json:"transitions"`
}

// RecordTransitions writes transitions to projection, audit and outbox. Each has a key: again is once.
func (m *Records) RecordTransitions(ctx context.Context, in Record) error {
	if err := m.memory.Record(ctx, in.ItemID, in.Transitions); err != nil {
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
	// Wanted: a person of ours wants the next mail now.
	Wanted bool `json:"wanted,omitempty"`
	// UserPresent and Relinks show a bank that asks every time.
	UserPresent bool        `json:"user_present,omitempty"`
	Relinks     []time.Time `json:"relinks,omitempty"`
}

// Planned is the next reminder, how many are over, and the policy that was planned by.
type Planned struct {
	Plan   item.Plan     `json:"plan"`
	Used   int           `json:"used"`
	Kind   item.MailKind `json:"kind,omitempty"`
	Policy string        `json:"policy,omitempty"`
}

// PlanReminder plans the next reminder of an incident from the policy and from what was really sent.
func (m *Records) PlanReminder(ctx context.Context, in PlanFor) (Planned, error) {
	kind := cmp.Or(in.Kind, item.Reminder) // none is in the histories of before there were two
	h, err := m.memory.MailHistory(ctx, in.ItemID, in.Incident, kind)
	if err != nil {
		return Planned{}, decide(ctx, err)
	}
	p, err := m.policies.Policy(ctx)
	if err != nil {
		return Planned{}, decide(ctx, err)
	}
	now := m.now().UTC()
	planned := Planned{Used: h.Used, Kind: kind, Policy: p.Version()}
	switch why, perpetual := p.Perpetual.Asks(in.UserPresent, in.Relinks, now); {
	case h.Suppressed != "": // whoever wants a mail to go out, it must not
		planned.Plan = item.Plan{Exhausted: true, Suppressed: true, Why: h.Suppressed.Sentence()}
	case in.Wanted:
		planned.Plan = item.Plan{Step: h.Used + 1, At: now, Why: "a person wants it now"}
	case perpetual:
		planned.Plan = item.Plan{Exhausted: true, Why: why}
	default:
		planned.Plan = p.For(in.Cause, h.Item.Partner, h.Item.MerchantID).Next(policy.Situation{
			BrokenSince: in.BrokenSince, EndsAt: in.EndsAt, Used: h.Used, LastUsed: h.LastUsed, LastMail: h.LastMail, Zone: zoneOf(h.TimeZone), Now: now,
		})
		planned.Plan.At = planned.Plan.At.UTC()
	}
	return planned, nil
}

// zoneOf is the merchant's zone. Enrolment refuses one that does not exist; should it vanish, UTC is better than no mail.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
