package item

import (
	"fmt"
	"slices"
	"time"
)

// Evidence is what allows a change of state.
type Evidence string

const (
	// SaysError means that Plaid, when asked, names an error that stands for this state.
	SaysError Evidence = "plaid_says_error"
	// SaysHealthy means that Plaid, when asked, names no error, and that the accounts can be read.
	SaysHealthy Evidence = "plaid_says_healthy"
	// SaysGone means that Plaid, when asked, does not know the Item.
	SaysGone Evidence = "plaid_says_gone"
	// ExpiryAnnounced is a signed PENDING_DISCONNECT or PENDING_EXPIRATION. Plaid's item.error does not mention it.
	ExpiryAnnounced Evidence = "end_announced"
	// ExpiryNear means that consent_expiration_time is within Durations.ExpiryHorizon.
	ExpiryNear Evidence = "end_near"
	// ConsentMoved means that consent_expiration_time has moved forward since the end was known.
	ConsentMoved Evidence = "consent_moved"
	// LinkedSince means that a Link session of ours finished with success, for a link token minted after the end was
	// known.
	LinkedSince Evidence = "linked_since"
	// ExpiryPassed means that the end has passed, and Plaid still names no error.
	ExpiryPassed Evidence = "end_passed"
	// ByOperator means that an operator removed the Item.
	ByOperator Evidence = "operator"
)

// row is one change of state and the evidence that allows it, each by itself.
type row struct {
	from, to State
	by       []Evidence
}

// transitions is the table of rules: Life.move refuses every change that is not in it. A hint is no evidence, except
// the two webhooks that announce an end. Where several pieces of evidence hold at once, the first in the list is
// recorded. A row from a state to itself is a change of cause, or of the end that an expiring Item has ahead.
var transitions = []row{
	{Connected, Expiring, []Evidence{ExpiryAnnounced, ExpiryNear}},
	{Connected, LoginRequired, []Evidence{SaysError}},
	{Connected, Revoked, []Evidence{SaysError}},
	{Connected, Removed, []Evidence{SaysGone, ByOperator}},
	{Expiring, Connected, []Evidence{LinkedSince, ConsentMoved, ExpiryPassed}},
	{Expiring, Expiring, []Evidence{ExpiryNear}},
	{Expiring, LoginRequired, []Evidence{SaysError}},
	{Expiring, Revoked, []Evidence{SaysError}},
	{Expiring, Removed, []Evidence{SaysGone, ByOperator}},
	{LoginRequired, Connected, []Evidence{SaysHealthy}},
	{LoginRequired, Expiring, []Evidence{ExpiryAnnounced, ExpiryNear}},
	{LoginRequired, LoginRequired, []Evidence{SaysError}},
	{LoginRequired, Revoked, []Evidence{SaysError}},
	{LoginRequired, Removed, []Evidence{SaysGone, ByOperator}},
	{Revoked, Connected, []Evidence{SaysHealthy}},
	{Revoked, Expiring, []Evidence{ExpiryAnnounced, ExpiryNear}},
	{Revoked, LoginRequired, []Evidence{SaysError}},
	{Revoked, Revoked, []Evidence{SaysError}},
	{Revoked, Removed, []Evidence{SaysGone, ByOperator}},
}

// allowedBy returns the evidence that allows a change of state, in the order of the table; none when nothing allows it.
func allowedBy(from, to State) []Evidence {
	for _, r := range transitions {
		if r.from == from && r.to == to {
			return r.by
		}
	}
	return nil
}

// move is the only way to another state or cause: it looks the change up in the table. It reports false, and leaves
// state and cause alone, when the table does not allow the change.
func (l *Life) move(r Rules, to State, cause Cause, by Evidence, at time.Time) (moved bool) {
	if !slices.Contains(allowedBy(l.State, to), by) {
		l.refuse(r, to, by, at)
		return false
	}
	switch {
	case to == Connected || to == Removed:
		l.close(to, cause, by, at)
	case l.State == Connected:
		l.open(to, cause, by, at)
	default:
		l.change(to, cause, by, at)
	}
	return true
}

// refuse records a change of state that the table does not allow. The code that asked for it and the table disagree,
// which is our fault: the Item keeps its state, and the record calls for a person.
func (l *Life) refuse(r Rules, to State, by Evidence, at time.Time) {
	why := fmt.Sprintf("refused: no rule leads from %s to %s by %q", l.State, to, by)
	if r.Strict {
		panic(why)
	}
	l.note(Transition{Step: RuleViolation, To: l.State, Cause: l.Cause, By: by, Refused: to, Why: why}, at)
}
