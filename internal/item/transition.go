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
	Ordered   Step = "ordered" // a command of an operator
	// RuleViolation means that our code asked for a change of state which the table of rules does not hold. The state is
	// kept.
	RuleViolation Step = "rule_violation"
)

// Steps returns all steps.
func Steps() []Step { return []Step{Opened, Changed, Closed, Escalated, Ordered, RuleViolation} }

// Transition is one change of an Item's life that Postgres must remember.
type Transition struct {
	Incident int       `json:"incident"`
	Step     Step      `json:"step"`
	Change   int       `json:"change,omitempty"` // numbers the Changed, Escalated and Ordered steps of an incident
	From     State     `json:"from"`
	To       State     `json:"to"`
	Cause    Cause     `json:"cause,omitempty"`
	At       time.Time `json:"at"`
	// By is the evidence for the change of state. Why says, for people, why an incident escalates, what an
	// operator commanded, or what was refused.
	By  Evidence `json:"by,omitempty"`
	Why string   `json:"why,omitempty"`
	// EndsAt is when the Item ends, for one that is expiring from now on.
	EndsAt time.Time `json:"ends_at,omitzero"`
	// PlaidSays is the error code that decided the change, InboxIDs the hints that made us ask.
	PlaidSays string  `json:"plaid_says,omitempty"`
	InboxIDs  []int64 `json:"inbox_ids,omitempty"`
	// Refused is the state that a RuleViolation did not go to.
	Refused State `json:"refused,omitempty"`
}

// Key identifies the transition within its Item. A transition that is recorded twice under one key counts once; a
// violation of the rules that is repeated within an incident counts once too.
func (t Transition) Key() string {
	switch {
	case t.To == Removed: // not a second "closed" of an incident that was closed before
		return fmt.Sprintf("%d/%s", t.Incident, Removed)
	case t.Step == RuleViolation:
		return fmt.Sprintf("%d/%s-%s-%s-%s", t.Incident, t.Step, t.From, t.Refused, t.By)
	case t.Change > 0:
		return fmt.Sprintf("%d/%s-%d", t.Incident, t.Step, t.Change)
	}
	return fmt.Sprintf("%d/%s", t.Incident, t.Step)
}
