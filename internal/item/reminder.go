package item

import (
	"cmp"
	"time"
)

func (e Planned) apply(l *Life, _ Rules) {
	if e.Incident != l.Incident || cmp.Or(e.Kind, Reminder) != l.MailKind() {
		return
	}
	l.Reminders, l.Plan = e.Sent, e.Plan
	if e.Plan.Exhausted { // no mail will fulfil the wish
		l.SendNow = false
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

func (e MailStarted) apply(l *Life, _ Rules) { l.Sending = e.Mail }

func (e MailEnded) apply(l *Life, r Rules) {
	if l.Sending == e.Mail {
		l.Sending = MailRef{}
	}
	switch {
	case e.Outcome == MailUnneeded:
		l.NeedsQuery = true
	case e.Outcome == MailHeld:
		if e.Mail.Incident == l.Incident && e.Mail.Kind.Reminds() {
			l.Plan, l.Hold, l.SendNow = Plan{}, Hold{Until: e.Until, Why: e.Why}, false
		}
	case e.Outcome == MailCancelled && e.Mail.Kind == Reconnected:
	case e.Mail.Kind.Reminds() && (e.Outcome == MailCancelled || e.Outcome == MailStuck):
		// The next plan is made from Postgres, which knows whether the mail was sent after all.
		if e.Mail.Incident != l.Incident || !l.State.NeedsMerchant() {
			return
		}
		l.Plan = Plan{}
		if e.Outcome == MailStuck {
			l.AskAt = e.At.Add(r.Durations.UnansweredPause)
		}
	case e.Mail.Kind == Reconnected && e.Mail.Incident == l.OwesReconnectedMail:
		l.OwesReconnectedMail = 0
	case e.Mail.Kind == l.MailKind() && e.Mail.Incident == l.Incident && e.Mail.Step == l.Plan.Step:
		l.Plan, l.SendNow = Plan{}, false
		if e.Outcome == MailSent || e.Outcome == MailShadowed {
			l.Reminders++
		}
	}
}
