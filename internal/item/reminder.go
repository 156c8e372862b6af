package item

import (
	"cmp"
	"time"
)

func (e Planned) apply(l *Life, _ Rules) {
	if e.Incident != l.Incident || cmp.Or(e.Kind, Reminder) != l.Reminds() {
		return
	}
	l.Reminders, l.Plan = e.Sent, e.Plan
	if e.Plan.Exhausted { // no mail will fulfil the wish
		l.Wanted = false
	}
	if e.Plan.Exhausted && !e.Plan.At.After(e.At) {
		l.escalate(e.At)
	}
}

func (e EscalationDue) apply(l *Life, _ Rules) {
	if l.Plan.Exhausted && !l.Plan.At.IsZero() && l.State.NeedsMerchant() {
		l.escalate(e.At)
	}
}

// escalate calls a person, once per plan. The Item goes on waiting.
func (l *Life) escalate(at time.Time) {
	l.note(Transition{Step: Escalated, Change: l.Changes, To: l.State, Cause: l.Cause, Why: l.Plan.Why}, at)
	l.Plan.At = time.Time{}
}

func (e MailStarted) apply(l *Life, _ Rules) { l.Sending = e.Letter }

func (e MailEnded) apply(l *Life, r Rules) {
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
		// The next plan is made from Postgres, which knows whether the mail was sent after all.
		if e.Letter.Incident != l.Incident || !l.State.NeedsMerchant() {
			return
		}
		l.Plan = Plan{}
		if e.Outcome == MailStuck {
			l.AskAt = e.At.Add(r.Durations.UnansweredPause)
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
