package item

import (
	"slices"
	"time"
)

// Event is something that happened to an Item. The set is closed.
type Event interface{ apply(l *Life) }

type (
	// Hinted: somebody asks to look again.
	Hinted struct{ Hint Hint }
	// AskStarted: the question is on its way; a hint from here on owes another one.
	AskStarted struct{}
	// Answered: Plaid answered the question, received At.
	Answered struct {
		Truth Truth
		At    time.Time
	}
	// Unanswered: Plaid could not be asked, given up At.
	Unanswered struct{ At time.Time }
	// Planned: the next reminder of Incident; Sent is how many Postgres says went out.
	Planned struct {
		Incident, Sent int
		Plan           Plan
		At             time.Time
	}
	// MailStarted: Letter is under way.
	MailStarted struct{ Letter Letter }
	// MailEnded: Letter is no longer under way, since At.
	MailEnded struct {
		Letter  Letter
		Outcome MailOutcome
		At      time.Time
	}
	// Recorded: Postgres holds the first Count of the unrecorded transitions.
	Recorded struct{ Count int }
)

// MailOutcome is how a mail ended.
type MailOutcome string

const (
	MailSent      MailOutcome = "sent"      // the mail server took it, now or at an earlier try
	MailHealed    MailOutcome = "healed"    // Plaid, asked again before a retry, found the Item healthy
	MailFailed    MailOutcome = "failed"    // it cannot be delivered; the step is used up
	MailCancelled MailOutcome = "cancelled" // it was no longer wanted
	MailStuck     MailOutcome = "stuck"     // retries ran out without an answer; a reminder is planned again later
)

// Apply folds an event into a life. It is total: an event that no longer fits changes nothing.
func Apply(l Life, e Event) Life {
	if l.State == Removed {
		if _, ok := e.(Recorded); !ok {
			return l
		}
	}
	l.Evidence, l.Unrecorded = slices.Clone(l.Evidence), slices.Clone(l.Unrecorded)
	e.apply(&l)
	return l
}

func (e Hinted) apply(l *Life) {
	h := e.Hint
	switch h.Code {
	case LinkOpened:
		l.linkOpened(h)
		return // Plaid is asked when Link ends, or when its token does
	case LinkFinished, LinkLeft:
		l.LinkOpenUntil = time.Time{}
	}
	l.addEvidence(h.InboxIDs)
	l.AskOwed = true
	if claim := h.Claim(); claim != ClaimsNothing {
		l.Doubt = Doubt{Claim: claim}
	}
}

// linkOpened pauses mails for the life of the link token. Each token counts once, however often it is reported.
func (l *Life) linkOpened(h Hint) {
	if !l.State.NeedsMerchant() || (h.newest() != 0 && h.newest() <= l.LastLink) {
		return
	}
	l.LastLink = h.newest()
	l.LinkAttempts++
	if h.Until.After(l.LinkOpenUntil) {
		l.LinkOpenUntil = h.Until
	}
}

func (AskStarted) apply(l *Life) {
	l.AskOwed, l.AskAt = false, time.Time{}
}

func (e Answered) apply(l *Life) {
	l.AnsweredAt, l.PlaidSays = e.At, e.Truth.ErrorCode
	l.forgetEndedLink(e.At)
	state, cause, decided := e.Truth.Verdict()
	if !decided {
		l.AskAt = e.At.Add(undecidedPause)
		return
	}
	switch {
	case state == l.State && cause == l.Cause:
	case l.State == Connected && state.NeedsMerchant():
		l.open(state, cause, e.At)
	case state == Connected:
		l.close(Connected, "", e.At)
	case state == Removed:
		l.close(Removed, cause, e.At)
	default:
		l.Changes++
		l.turn(Changed, state, cause, e.At)
	}
	l.Evidence = nil
	l.settleDoubt(e.At)
}

func (e Unanswered) apply(l *Life) {
	l.AskAt = e.At.Add(unansweredPause)
	l.forgetEndedLink(e.At)
}

func (l *Life) forgetEndedLink(now time.Time) {
	if !l.LinkOpenUntil.After(now) {
		l.LinkOpenUntil = time.Time{}
	}
}

func (e Planned) apply(l *Life) {
	if e.Incident != l.Incident || !l.State.NeedsMerchant() {
		return
	}
	l.Reminders, l.Plan = e.Sent, e.Plan
	if e.Plan.Exhausted {
		l.turn(Escalated, l.State, l.Cause, e.At)
	}
}

func (e MailStarted) apply(l *Life) { l.Sending = e.Letter }

func (e MailEnded) apply(l *Life) {
	if l.Sending == e.Letter {
		l.Sending = Letter{}
	}
	switch {
	case e.Outcome == MailHealed:
		l.AskOwed = true
	case e.Outcome == MailCancelled && e.Letter.Kind == Reconnected:
	case e.Letter.Kind == Reminder && (e.Outcome == MailCancelled || e.Outcome == MailStuck):
		// Planned again from Postgres, which knows whether the mail was sent after all.
		if e.Letter.Incident != l.Incident || !l.State.NeedsMerchant() {
			return
		}
		l.Plan = Plan{}
		if e.Outcome == MailStuck {
			l.AskAt = e.At.Add(unansweredPause)
		}
	case e.Letter.Kind == Reconnected && e.Letter.Incident == l.Thanks:
		l.Thanks = 0
	case e.Letter.Kind == Reminder && e.Letter.Incident == l.Incident && e.Letter.Step == l.Plan.Step:
		l.Plan = Plan{}
		if e.Outcome == MailSent {
			l.Reminders++
		}
	}
}

func (e Recorded) apply(l *Life) {
	l.Unrecorded = l.Unrecorded[min(e.Count, len(l.Unrecorded)):]
	if len(l.Unrecorded) == 0 {
		l.Unrecorded = nil
	}
}

func (l *Life) open(state State, cause Cause, at time.Time) {
	l.Incident++
	l.BrokenSince = at
	l.Changes, l.Reminders, l.LinkAttempts = 0, 0, 0
	l.Plan, l.LinkOpenUntil, l.Thanks = Plan{}, time.Time{}, 0
	l.turn(Opened, state, cause, at)
}

// close ends the incident, or the whole life. Who came back through Link is told so; who healed elsewhere is not mailed.
func (l *Life) close(state State, cause Cause, at time.Time) {
	if state == Connected && l.LinkAttempts > 0 {
		l.Thanks = l.Incident
	}
	l.turn(Closed, state, cause, at)
	l.BrokenSince, l.LinkOpenUntil, l.Plan = time.Time{}, time.Time{}, Plan{}
}

func (l *Life) turn(step Step, state State, cause Cause, at time.Time) {
	t := Transition{
		Incident: l.Incident, Step: step, From: l.State, To: state, Cause: cause, At: at,
		PlaidSays: l.PlaidSays, InboxIDs: l.Evidence,
	}
	if step == Changed {
		t.Change = l.Changes
	}
	l.Unrecorded = append(l.Unrecorded, t)
	l.State, l.Cause = state, cause
}
