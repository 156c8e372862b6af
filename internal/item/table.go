package item

import "time"

// Evidence is what a state may be opened or closed by.
type Evidence string

const (
	// SaysError: Plaid, asked, names an error that means this state.
	SaysError Evidence = "plaid_says_error"
	// SaysHealthy: Plaid, asked, names no error, and the accounts can be read.
	SaysHealthy Evidence = "plaid_says_healthy"
	// SaysGone: Plaid, asked, does not know the Item.
	SaysGone Evidence = "plaid_says_gone"
	// EndAnnounced: a signed PENDING_DISCONNECT or PENDING_EXPIRATION, of which item.error says nothing.
	EndAnnounced Evidence = "end_announced"
	// EndNear: consent_expiration_time is at most 30 days ahead.
	EndNear Evidence = "end_near"
	// ConsentMoved: consent_expiration_time has moved forward since the end was known.
	ConsentMoved Evidence = "consent_moved"
	// LinkedSince: a Link session of ours, for a link token minted after the end was known, finished with success.
	LinkedSince Evidence = "linked_since"
	// EndPassed: the end is over, and Plaid still names no error.
	EndPassed Evidence = "end_passed"
	// ByOperator: a person of ours ended it.
	ByOperator Evidence = "operator"
)

// Row is what one state is opened and closed by. Whoever comes first in a list is named in the record.
type Row struct {
	State  State
	Opens  []Evidence
	Closes []Evidence
}

// Table is the rules: nothing else opens or closes a state. A hint is no evidence but for the two that announce an end.
func Table() []Row {
	return []Row{
		{Connected, []Evidence{SaysHealthy, LinkedSince, ConsentMoved, EndPassed}, []Evidence{SaysError, EndAnnounced, EndNear, SaysGone, ByOperator}},
		{Expiring, []Evidence{EndAnnounced, EndNear}, []Evidence{LinkedSince, ConsentMoved, EndPassed, SaysError, SaysGone, ByOperator}},
		{LoginRequired, []Evidence{SaysError}, []Evidence{SaysHealthy, SaysGone, ByOperator}},
		{Revoked, []Evidence{SaysError}, []Evidence{SaysHealthy, SaysGone, ByOperator}},
		{Removed, []Evidence{SaysGone, ByOperator}, nil},
	}
}

// rowOf answers the table's row of a state.
func rowOf(s State) Row {
	for _, r := range Table() {
		if r.State == s {
			return r
		}
	}
	return Row{State: s}
}

// endsAhead is how far ahead an end opens Expiring.
const endsAhead = 30 * 24 * time.Hour

// movedBy is how much later a consent must end to have moved: announced and stated end of one consent may differ a little.
const movedBy = 24 * time.Hour

// Ending is the end that an Item which still works has ahead of it. The zero Ending is none.
type Ending struct {
	At    time.Time `json:"at,omitzero"`
	Cause Cause     `json:"cause,omitempty"`
	// By is what we know it by, Since when.
	By    Evidence  `json:"by,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Consent is consent_expiration_time as it was at the first answer after; Based that there was one.
	Consent time.Time `json:"consent,omitzero"`
	Based   bool      `json:"based,omitempty"`
}

func (e Ending) known() bool { return !e.At.IsZero() }

// holds reports whether an answer of Plaid's that names no error is this evidence for the life.
func (l *Life) holds(e Evidence, t Truth, at time.Time) bool {
	switch e {
	case SaysHealthy:
		return true
	case EndAnnounced:
		return l.Ending.known() && l.Ending.By == EndAnnounced
	case EndNear:
		return l.Ending.known()
	case LinkedSince:
		return t.RelinkedAt.After(l.Ending.Since)
	case ConsentMoved:
		return l.Ending.Based && t.ConsentExpiresAt.After(l.Ending.Consent.Add(movedBy)) && t.ConsentExpiresAt.After(l.Ending.At)
	case EndPassed:
		return !l.Ending.At.After(at)
	case SaysError, SaysGone, ByOperator: // not what a healthy answer can be
	}
	return false
}

// first answers the first evidence of a list that holds.
func (l *Life) first(list []Evidence, t Truth, at time.Time) (Evidence, bool) {
	for _, e := range list {
		if l.holds(e, t, at) {
			return e, true
		}
	}
	return "", false
}

// announced keeps an end that a signed webhook announces, unless it is over or is the one that was settled: such a webhook
// may come again, late.
func (l *Life) announced(h Hint) {
	if !h.Until.After(h.At) || !h.Until.After(l.SettledEnd.Add(movedBy)) || (l.Ending.known() && l.Ending.By == EndAnnounced) {
		return
	}
	cause := ConsentExpiring
	if h.Reason == "INSTITUTION_MIGRATION" {
		cause = Migration
	}
	l.Ending = Ending{At: h.Until, Cause: cause, By: EndAnnounced, Since: h.At}
}

// notice keeps an end that Plaid's answer itself shows, and what consent an announced one began with.
func (l *Life) notice(t Truth, at time.Time) {
	ends := t.ConsentExpiresAt
	switch {
	case l.Ending.known():
		if !l.Ending.Based {
			l.Ending.Consent, l.Ending.Based = ends, true
		}
	case ends.After(at) && !ends.After(at.Add(endsAhead)) && ends.After(l.SettledEnd.Add(movedBy)):
		l.Ending = Ending{At: ends, Cause: ConsentExpiring, By: EndNear, Since: at, Consent: ends, Based: true}
	}
}

// settle forgets the end that evidence has closed.
func (l *Life) settle() {
	if l.Ending.At.After(l.SettledEnd) {
		l.SettledEnd = l.Ending.At
	}
	l.Ending = Ending{}
}
