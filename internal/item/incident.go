package item

import (
	"slices"
	"time"
)

// open begins an incident. Only move calls it.
func (l *Life) open(to State, cause Cause, by Evidence, at time.Time) {
	l.Incident++
	l.BrokenSince = at
	l.Changes, l.Reminders, l.LinkAttempts, l.Commands = 0, 0, 0, 0
	l.Plan, l.Hold, l.LinkOpenUntil, l.OwesReconnectedMail = Plan{}, Hold{}, time.Time{}, 0
	l.turn(Transition{Step: Opened, To: to, Cause: cause, By: by}, at)
}

// change goes to another state or cause within the incident. An expiring Item that breaks, or a broken one that only
// expires now, starts a ladder of its own: the mails so far were about something else. Only move calls it.
func (l *Life) change(to State, cause Cause, by Evidence, at time.Time) {
	l.Changes++
	if to.Broken() != l.State.Broken() {
		l.Plan, l.Hold, l.Reminders = Plan{}, Hold{}, 0
	}
	l.turn(Transition{Step: Changed, Change: l.Changes, To: to, Cause: cause, By: by}, at)
}

// close ends the incident, or the whole life. A merchant who repaired the Item through Link gets a thank-you mail; one
// whose Item healed by itself gets none. Only move calls it.
func (l *Life) close(to State, cause Cause, by Evidence, at time.Time) {
	if to == Connected && l.LinkAttempts > 0 {
		l.OwesReconnectedMail = l.Incident
		l.relinked(at)
	}
	l.turn(Transition{Step: Closed, To: to, Cause: cause, By: by}, at)
	l.BrokenSince, l.LinkOpenUntil, l.Plan, l.Hold, l.SendNow = time.Time{}, time.Time{}, Plan{}, Hold{}, false
}

const relinksKept = 8

// relinked remembers when the merchant repaired the Item. Many repairs within days show a bank that asks every time.
func (l *Life) relinked(at time.Time) {
	l.Relinks = append(slices.Clone(l.Relinks), at)
	if n := len(l.Relinks); n > relinksKept {
		l.Relinks = l.Relinks[n-relinksKept:]
	}
}

// turn notes a transition and goes to its state.
func (l *Life) turn(t Transition, at time.Time) {
	l.note(t, at)
	l.State, l.Cause = t.To, t.Cause
}

// note completes a transition of the current incident and keeps it until Postgres holds it.
func (l *Life) note(t Transition, at time.Time) {
	t.Incident, t.From, t.At = l.Incident, l.State, at
	t.PlaidSays, t.InboxIDs = l.PlaidSays, l.Evidence
	if t.To == Expiring {
		t.EndsAt = l.Expiry.At
	}
	l.Unrecorded = append(l.Unrecorded, t)
}
