package item

import "time"

// Expiry is the known end of an Item that still works. The zero Expiry means that no end is known.
type Expiry struct {
	At    time.Time `json:"at,omitzero"`
	Cause Cause     `json:"cause,omitempty"`
	// By is the evidence of the end. Since is when we learnt of it.
	By    Evidence  `json:"by,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Consent is consent_expiration_time at the first answer after that. Based is set once there was such an answer.
	Consent time.Time `json:"consent,omitzero"`
	Based   bool      `json:"based,omitempty"`
}

func (e Expiry) known() bool { return !e.At.IsZero() }

// closedBy returns the first evidence, in the order of the table, by which an answer that names no error closes the end
// that the Item has ahead. It reports false when the end stands.
func (l *Life) closedBy(d Durations, t PlaidStatus, at time.Time) (Evidence, bool) {
	for _, e := range allowedBy(Expiring, Connected) {
		if l.closes(e, d, t, at) {
			return e, true
		}
	}
	return "", false
}

// closes reports whether an answer that names no error is this evidence against the end ahead.
func (l *Life) closes(e Evidence, d Durations, t PlaidStatus, at time.Time) bool {
	switch e {
	case SaysHealthy:
		return true
	case LinkedSince:
		return t.RelinkedAt.After(l.Expiry.Since)
	case ConsentMoved:
		return l.Expiry.Based && t.ConsentExpiresAt.After(l.Expiry.Consent.Add(d.MinShift)) && t.ConsentExpiresAt.After(l.Expiry.At)
	case ExpiryPassed:
		return !l.Expiry.At.After(at)
	case ExpiryAnnounced, ExpiryNear, SaysError, SaysGone, ByOperator: // none of these speaks against an end
	}
	return false
}

// noteAnnouncedExpiry keeps an end that a signed webhook announces. Such a webhook may come again, late: one whose end
// has passed, or was closed already, is ignored.
func (l *Life) noteAnnouncedExpiry(d Durations, h Hint) {
	if !h.Until.After(h.At) || !h.Until.After(l.ClosedExpiry.Add(d.MinShift)) || (l.Expiry.known() && l.Expiry.By == ExpiryAnnounced) {
		return
	}
	cause := ConsentExpiring
	if h.Reason == "INSTITUTION_MIGRATION" {
		cause = Migration
	}
	l.Expiry = Expiry{At: h.Until, Cause: cause, By: ExpiryAnnounced, Since: h.At}
}

// noteExpiry keeps an end that Plaid's answer itself shows. For an end that is known already it keeps the consent that
// the end began with.
func (l *Life) noteExpiry(d Durations, t PlaidStatus, at time.Time) {
	ends := t.ConsentExpiresAt
	switch {
	case l.Expiry.known():
		if !l.Expiry.Based {
			l.Expiry.Consent, l.Expiry.Based = ends, true
		}
	case ends.After(at) && !ends.After(at.Add(d.ExpiryHorizon)) && ends.After(l.ClosedExpiry.Add(d.MinShift)):
		l.Expiry = Expiry{At: ends, Cause: ConsentExpiring, By: ExpiryNear, Since: at, Consent: ends, Based: true}
	}
}

// closeExpiry forgets the end that evidence has closed, and remembers that it was closed.
func (l *Life) closeExpiry() {
	if l.Expiry.At.After(l.ClosedExpiry) {
		l.ClosedExpiry = l.Expiry.At
	}
	l.Expiry = Expiry{}
}
