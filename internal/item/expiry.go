package item

import "time"

// Ending is the end that an Item which still works has ahead of it. The zero Ending is none.
type Ending struct {
	At    time.Time `json:"at,omitzero"`
	Cause Cause     `json:"cause,omitempty"`
	// By is the evidence of the end, Since when we learnt of it.
	By    Evidence  `json:"by,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Consent is consent_expiration_time at the first answer after that. Based is set once there was such an answer.
	Consent time.Time `json:"consent,omitzero"`
	Based   bool      `json:"based,omitempty"`
}

func (e Ending) known() bool { return !e.At.IsZero() }

// closedBy returns the first evidence, in the order of the table, by which an answer that names no error closes the end
// that the Item has ahead. It reports false when the end stands.
func (l *Life) closedBy(d Durations, t Truth, at time.Time) (Evidence, bool) {
	for _, e := range allowedBy(Expiring, Connected) {
		if l.closes(e, d, t, at) {
			return e, true
		}
	}
	return "", false
}

// closes reports whether an answer that names no error is this evidence against the end ahead.
func (l *Life) closes(e Evidence, d Durations, t Truth, at time.Time) bool {
	switch e {
	case SaysHealthy:
		return true
	case LinkedSince:
		return t.RelinkedAt.After(l.Ending.Since)
	case ConsentMoved:
		return l.Ending.Based && t.ConsentExpiresAt.After(l.Ending.Consent.Add(d.MinShift)) && t.ConsentExpiresAt.After(l.Ending.At)
	case EndPassed:
		return !l.Ending.At.After(at)
	case EndAnnounced, EndNear, SaysError, SaysGone, ByOperator: // none of these speaks against an end
	}
	return false
}

// noteAnnouncedExpiry keeps an end that a signed webhook announces. Such a webhook may come again, late: one whose end
// has passed, or was closed already, is ignored.
func (l *Life) noteAnnouncedExpiry(d Durations, h Hint) {
	if !h.Until.After(h.At) || !h.Until.After(l.SettledEnd.Add(d.MinShift)) || (l.Ending.known() && l.Ending.By == EndAnnounced) {
		return
	}
	cause := ConsentExpiring
	if h.Reason == "INSTITUTION_MIGRATION" {
		cause = Migration
	}
	l.Ending = Ending{At: h.Until, Cause: cause, By: EndAnnounced, Since: h.At}
}

// noteExpiry keeps an end that Plaid's answer itself shows. For an end that is known already it keeps the consent that
// the end began with.
func (l *Life) noteExpiry(d Durations, t Truth, at time.Time) {
	ends := t.ConsentExpiresAt
	switch {
	case l.Ending.known():
		if !l.Ending.Based {
			l.Ending.Consent, l.Ending.Based = ends, true
		}
	case ends.After(at) && !ends.After(at.Add(d.ExpiryHorizon)) && ends.After(l.SettledEnd.Add(d.MinShift)):
		l.Ending = Ending{At: ends, Cause: ConsentExpiring, By: EndNear, Since: at, Consent: ends, Based: true}
	}
}

// closeExpiry forgets the end that evidence has closed, and remembers that it was closed.
func (l *Life) closeExpiry() {
	if l.Ending.At.After(l.SettledEnd) {
		l.SettledEnd = l.Ending.At
	}
	l.Ending = Ending{}
}
