package item

import (
	"cmp"
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
		// Kind is what was planned; empty, in the histories of before there were two kinds, is Reminder.
		Kind LetterKind
		Plan Plan
		At   time.Time
	}
	// MailStarted: Letter is under way.
	MailStarted struct{ Letter Letter }
	// MailEnded: Letter is no longer under way, since At.
	MailEnded struct {
		Letter  Letter
		Outcome MailOutcome
		At      time.Time
		// Until and Why are of a mail that is held.
		Until time.Time
		Why   string
	}
	// Recorded: Postgres holds the first Count of the unrecorded transitions.
	Recorded struct{ Count int }
	// EscalationDue: the ladder is over and its last wait, too.
	EscalationDue struct{ At time.Time }
	// Operated: a person of ours acts, At.
	Operated struct {
		Order Order
		At    time.Time
	}
	// RemovedAtPlaid: Plaid has removed the Item, as a person of ours wanted.
	RemovedAtPlaid struct{ At time.Time }
)

// MailOutcome is how a mail ended.
type MailOutcome string

const (
	MailSent      MailOutcome = "sent"      // the mail server took it, now or at an earlier try
	MailHealed    MailOutcome = "healed"    // Plaid, asked again before a retry, found the Item healthy
	MailFailed    MailOutcome = "failed"    // it cannot be delivered; the step is used up
	MailCancelled MailOutcome = "cancelled" // it was no longer wanted
	MailStuck     MailOutcome = "stuck"     // retries ran out without an answer; a reminder is planned again later
	MailHeld      MailOutcome = "held"      // it must not go out now; it is planned again at Until
	// MailSuppressed: nobody may mail the address. The step is not used up, and the plan will say so too.
	MailSuppressed MailOutcome = "suppressed"
	MailShadowed   MailOutcome = "shadowed" // it was recorded and not sent: that is what shadow mode is; the step is used up
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
	if h.Source == FromOperator {
		switch h.Code {
		case MerchantChanged:
			l.replan()
			return
		case RemoveAsked:
			Operated{Order: Order{Do: RemoveIt}, At: h.At}.apply(l)
			return
		}
	}
	switch h.Code {
	case LinkOpened:
		l.linkOpened(h)
		return // Plaid is asked when Link ends, or when its token does
	case FreshAsked:
		l.freshAsked()
		return
	case LinkFinished, LinkLeft:
		l.LinkOpenUntil = time.Time{}
	case PendingDisconnect, PendingExpiration:
		l.announced(h)
	}
	l.addEvidence(h.InboxIDs)
	l.AskOwed = true
	if claim := h.Claim(); claim != ClaimsNothing {
		l.Doubt = Doubt{Claim: claim}
	}
}

// freshAsked has the next mail go out now, after Plaid was asked. Who asks for another link has no Link open.
func (l *Life) freshAsked() {
	if !l.State.NeedsMerchant() {
		return
	}
	l.AskOwed, l.Wanted = true, true
	l.Plan, l.LinkOpenUntil = Plan{}, time.Time{}
}

// linkOpened pauses mails for the life of the link token; Hosted Link, whose hint names no end, pauses none. Each token
// counts once, however often it is reported.
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
	l.AnsweredAt, l.PlaidSays, l.UserPresent = e.At, e.Truth.ErrorCode, e.Truth.UserPresent
	l.forgetEndedLink(e.At)
	state, cause, decided := e.Truth.Verdict()
	if !decided {
		l.AskAt = e.At.Add(undecidedPause)
		return
	}
	switch {
	case state == Connected:
		l.healthy(e.Truth, e.At)
	case state == l.State && cause == l.Cause:
	case state == Removed:
		l.close(Removed, cause, SaysGone, e.At)
	case l.State == Connected:
		l.open(state, cause, SaysError, e.At)
	default:
		l.change(state, cause, SaysError, e.At)
	}
	l.Evidence = nil
	l.settleDoubt(e.At)
}

// healthy is an answer that names no error: it closes what the table lets it close, and may show an end ahead.
func (l *Life) healthy(t Truth, at time.Time) {
	l.notice(t, at)
	var by Evidence
	var over bool
	if l.Ending.known() {
		if by, over = l.first(rowOf(Expiring).Closes, t, at); over {
			l.settle()
			l.notice(t, at) // a consent that moved may still end soon
		}
	}
	switch {
	case l.State == Expiring && l.Ending.known() && over:
		l.change(Expiring, l.Ending.Cause, l.Ending.By, at)
		l.Plan, l.Hold = Plan{}, Hold{}
	case l.State == Connected && l.Ending.known():
		l.open(Expiring, l.Ending.Cause, l.Ending.By, at)
	case l.State == Connected:
	case l.State == Expiring && l.Ending.known():
	case l.State == Expiring:
		l.close(Connected, "", by, at)
	case l.Ending.known(): // it works again, and is going to end all the same
		l.change(Expiring, l.Ending.Cause, l.Ending.By, at)
	default:
		l.close(Connected, "", SaysHealthy, at)
	}
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
	if e.Incident != l.Incident || cmp.Or(e.Kind, Reminder) != l.Reminds() {
		return
	}
	l.Reminders, l.Plan = e.Sent, e.Plan
	if e.Plan.Exhausted { // no mail will answer the wish
		l.Wanted = false
	}
	if e.Plan.Exhausted && !e.Plan.At.After(e.At) {
		l.escalate(e.At)
	}
}

func (e EscalationDue) apply(l *Life) {
	if l.Plan.Exhausted && !l.Plan.At.IsZero() && l.State.NeedsMerchant() {
		l.escalate(e.At)
	}
}

// escalate calls a person, once per plan; the Item goes on waiting.
func (l *Life) escalate(at time.Time) {
	l.turn(Transition{Step: Escalated, Change: l.Changes, To: l.State, Cause: l.Cause, Why: l.Plan.Why}, at)
	l.Plan.At = time.Time{}
}

func (e MailStarted) apply(l *Life) { l.Sending = e.Letter }

func (e MailEnded) apply(l *Life) {
	if l.Sending == e.Letter {
		l.Sending = Letter{}
	}
	switch {
	case e.Outcome == MailHealed:
		l.AskOwed = true
	case e.Outcome == MailHeld:
		if e.Letter.Incident == l.Incident && e.Letter.Kind.Reminds() {
			l.Plan, l.Hold, l.Wanted = Plan{}, Hold{Until: e.Until, Why: e.Why}, false
		}
	case e.Outcome == MailCancelled && e.Letter.Kind == Reconnected:
	case e.Letter.Kind.Reminds() && (e.Outcome == MailCancelled || e.Outcome == MailStuck):
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
	case e.Letter.Kind == l.Reminds() && e.Letter.Incident == l.Incident && e.Letter.Step == l.Plan.Step:
		l.Plan, l.Wanted = Plan{}, false
		if e.Outcome == MailSent || e.Outcome == MailShadowed {
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

func (l *Life) open(state State, cause Cause, by Evidence, at time.Time) {
	l.Incident++
	l.BrokenSince = at
	l.Changes, l.Reminders, l.LinkAttempts, l.Orders = 0, 0, 0, 0
	l.Plan, l.Hold, l.LinkOpenUntil, l.Thanks = Plan{}, Hold{}, time.Time{}, 0
	l.turn(Transition{Step: Opened, To: state, Cause: cause, By: by}, at)
}

// change moves to another state or cause within the incident. A break within an end that was announced starts a ladder of
// its own: what was mailed so far was about something else.
func (l *Life) change(state State, cause Cause, by Evidence, at time.Time) {
	l.Changes++
	if state.Broken() != l.State.Broken() {
		l.Plan, l.Hold, l.Reminders = Plan{}, Hold{}, 0
	}
	l.turn(Transition{Step: Changed, Change: l.Changes, To: state, Cause: cause, By: by}, at)
}

// close ends the incident, or the whole life. Who came back through Link is told so; who healed elsewhere is not mailed.
func (l *Life) close(state State, cause Cause, by Evidence, at time.Time) {
	if state == Connected && l.LinkAttempts > 0 {
		l.Thanks = l.Incident
		l.relinked(at)
	}
	l.turn(Transition{Step: Closed, To: state, Cause: cause, By: by}, at)
	l.BrokenSince, l.LinkOpenUntil, l.Plan, l.Hold, l.Wanted = time.Time{}, time.Time{}, Plan{}, Hold{}, false
}

const relinksKept = 8

// relinked remembers when the merchant repaired the Item: a bank that asks every time shows in it.
func (l *Life) relinked(at time.Time) {
	l.Relinks = append(slices.Clone(l.Relinks), at)
	if n := len(l.Relinks); n > relinksKept {
		l.Relinks = l.Relinks[n-relinksKept:]
	}
}

// turn completes a transition of the current incident, keeps it to be recorded, and moves to its state.
func (l *Life) turn(t Transition, at time.Time) {
	t.Incident, t.From, t.At = l.Incident, l.State, at
	t.PlaidSays, t.InboxIDs = l.PlaidSays, l.Evidence
	if t.To == Expiring {
		t.EndsAt = l.Ending.At
	}
	l.Unrecorded = append(l.Unrecorded, t)
	l.State, l.Cause = t.To, t.Cause
}
