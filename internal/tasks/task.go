package tasks

import (
	"time"

	"relink/internal/item"
)

// Kind is why a task needs a person.
type Kind string

const (
	Escalated        Kind = "escalated"   // the ladder is over, and the Item is still broken
	Perpetual        Kind = "perpetual"   // the bank asks every time
	MassBreak        Kind = "mass_break"  // many Items broke at once; first mails are paused
	StaleData        Kind = "data_stale"  // Plaid calls it healthy and gets no data
	WebhookElsewhere Kind = "webhook_url" // Plaid sends the Item's webhooks elsewhere

	Unsubscribed  Kind = "unsubscribed"  // the merchant wants no more mails
	Undeliverable Kind = "undeliverable" // mails do not reach the merchant
)

// Task is something that needs a person. At most one task of a Key is open at a time.
type Task struct {
	ID       int64     `json:"task_id"`
	Key      string    `json:"key"`
	Kind     Kind      `json:"kind"`
	ItemID   item.ID   `json:"item_id,omitempty"`
	Why      string    `json:"why"`
	OpenedAt time.Time `json:"opened_at"`
}

// Listed is a task with the Item that it is about. Item and State are zero for a task about many Items.
type Listed struct {
	Task
	Item  item.Ref   `json:"item,omitzero"`
	State item.State `json:"state,omitempty"`
}
