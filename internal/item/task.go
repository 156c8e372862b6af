package item

import "time"

// TaskKind is why a person is needed.
type TaskKind string

const (
	TaskEscalated TaskKind = "escalated"   // the ladder is over, the merchant did nothing
	TaskPerpetual TaskKind = "perpetual"   // the bank asks every time
	TaskMassBreak TaskKind = "mass_break"  // many Items broke at once; first mails are paused
	TaskStale     TaskKind = "data_stale"  // Plaid calls it healthy and gets no data
	TaskWebhook   TaskKind = "webhook_url" // Plaid sends the Item's webhooks elsewhere

	TaskUnsubscribed  TaskKind = "unsubscribed"  // the merchant wants no more mails
	TaskUndeliverable TaskKind = "undeliverable" // mails do not reach the merchant
)

// Task is what needs a person. While a task of its Key is open, no other one is opened.
type Task struct {
	ID       int64     `json:"task_id"`
	Key      string    `json:"key"`
	Kind     TaskKind  `json:"kind"`
	ItemID   ID        `json:"item_id,omitempty"`
	Why      string    `json:"why"`
	OpenedAt time.Time `json:"opened_at"`
}

// ListedTask is a task with the Item that it is about; Card and State are zero for a task about many Items.
type ListedTask struct {
	Task
	Card  Card  `json:"item,omitzero"`
	State State `json:"state,omitempty"`
}

// PauseScope says whose mails a pause stops.
type PauseScope string

const (
	PauseAll         PauseScope = "all"
	PauseInstitution PauseScope = "institution"
	PausePartner     PauseScope = "partner"
	PauseMerchant    PauseScope = "merchant"
)

// MailPause is a stop of mails; Key names the institution, partner or merchant, and is empty for all.
type MailPause struct {
	ID         int64      `json:"pause_id"`
	Scope      PauseScope `json:"scope"`
	Key        string     `json:"key,omitempty"`
	FirstMails bool       `json:"first_mails,omitempty"`
	Why        string     `json:"why"`
	By         string     `json:"by"`
	Since      time.Time  `json:"since"`
}
