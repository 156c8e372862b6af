package workflows

import "relink/internal/item"

// Names on the wire. Recorded histories, other processes and operators rely on them.
const (
	// TypeItem is the workflow type of an Item's life.
	TypeItem = "Item"
	// SignalHint carries Hints.
	SignalHint = "hint"
	// SignalOperator carries one item.OperatorCommand, from relink's own commands or from a Temporal CLI.
	SignalOperator = "operator"
	// UpdateOpened and UpdateCompleted carry one item.Hint and return Standing.
	UpdateOpened    = item.LinkOpened
	UpdateCompleted = item.LinkFinished
	// QueryStatus returns Status.
	QueryStatus = "status"
)

// Queue is the task queue of the workflows. Activities that must respect another side's limits have queues of their
// own.
const Queue = "relink"

// PlaidQueue, MailQueue and NeighbourQueue return the names of the activity queues that belong to a workflow queue.
func PlaidQueue(queue string) string { return queue + "-plaid" }

// MailQueue is where mails are sent from.
func MailQueue(queue string) string { return queue + "-mail" }

// NeighbourQueue is where one neighbour's messages are sent from.
func NeighbourQueue(queue, destination string) string { return queue + "-" + destination }

// ID returns the id of an Item's workflow.
func ID(environment string, id item.ID) string { return "item-" + environment + "-" + string(id) }

// Input starts a run. A run that carries nothing loads the Item's records from Postgres.
type Input struct {
	ItemID  item.ID  `json:"item_id"`
	Carried *Carried `json:"carried,omitempty"`
}

// Carried is what one run leaves to the next.
type Carried struct {
	Item item.Ref  `json:"card"`
	Life item.Life `json:"life"`
}

// Hints is the payload of SignalHint.
type Hints struct {
	Hints []item.Hint `json:"hints"`
}

// Standing is how an Item stands, as the merchant's page shows it.
type Standing struct {
	State    item.State `json:"state"`
	Cause    item.Cause `json:"cause,omitempty"`
	Incident int        `json:"incident"`
	// Verifying is set while Plaid does not confirm the finished Link yet. Plaid is asked again soon.
	Verifying bool `json:"verifying,omitempty"`
}

// Status is the result of QueryStatus.
type Status struct {
	Name string    `json:"name"`
	Life item.Life `json:"life"`
}
