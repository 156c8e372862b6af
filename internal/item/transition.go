package item

import (
	"fmt"
	"time"
)

// Step names what a transition did to an incident.
type Step string

const (
	Opened    Step = "opened"
	Changed   Step = "changed"
	Closed    Step = "closed"
	Escalated Step = "escalated"
	Ordered   Step = "ordered" // by a person of ours
)

// Steps returns all steps.
func Steps() []Step { return []Step{Opened, Changed, Closed, Escalated, Ordered} }

// Transition is one change of an Item's life that Postgres must remember.
type Transition struct {
	Incident int       `json:"incident"`
	Step     Step      `json:"step"`
	Change   int       `json:"change,omitempty"` // numbers the Changed, Escalated and Ordered steps of one incident
	From     State     `json:"from"`
	To       State     `json:"to"`
	Cause    Cause     `json:"cause,omitempty"`
	At       time.Time `json:"at"`
	// By is the evidence that opened or closed a state, Why what a person is to know of an escalation or did in an order.
	By  Evidence `json:"by,omitempty"`
	Why string   `json:"why,omitempty"`
	// EndsAt is when the Item ends, for one that is expiring from now on.
	EndsAt time.Time `json:"ends_at,omitzero"`
	// PlaidSays is the error code that decided it, InboxIDs the hints that made us ask.
	PlaidSays string  `json:"plaid_says,omitempty"`
	InboxIDs  []int64 `json:"inbox_ids,omitempty"`
}

// Key identifies the transition within its Item: recording it twice under one key is recording it once.
func (t Transition) Key() string {
	if t.To == Removed { // not a second "closed" of an incident that was closed before
		return fmt.Sprintf("%d/%s", t.Incident, Removed)
	}
	if t.Change > 0 {
		return fmt.Sprintf("%d/%s-%d", t.Incident, t.Step, t.Change)
	}
	return fmt.Sprintf("%d/%s", t.Incident, t.Step)
}
