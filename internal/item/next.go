package item

import "time"

// Do is what an Item's workflow does next.
type Do string

const (
	Wait     Do = "wait"     // wait for a hint, an update or Until
	Record   Do = "record"   // write the unrecorded transitions
	Ask      Do = "ask"      // ask Plaid
	MakePlan Do = "plan"     // plan the next reminder
	Send     Do = "send"     // start sending Mail, while the waiting goes on
	Escalate Do = "escalate" // the ladder is over, and so is the wait after it: call a person
	Remove   Do = "remove"   // ask Plaid to remove the Item
	Finish   Do = "finish"   // the life is over
)

// Action is what to do now. Until belongs to a Wait; it is zero when only news can end the wait. Mail belongs to a
// Send.
type Action struct {
	Do    Do
	Until time.Time
	Mail  MailRef
}

// Next returns what to do now. It asks Plaid before any reminder goes out, and waits without a timer when nothing is
// due. It is gate 2 of 4 of a reminder (docs/architecture.md): no mail starts while a question or Link is open, or while
// a person of ours holds mails back.
func (r Rules) Next(l Life, now time.Time) Action {
	switch {
	case len(l.Unrecorded) > 0:
		return Action{Do: Record}
	case l.State == Removed:
		return Action{Do: Finish}
	case l.RemoveOwed:
		return Action{Do: Remove}
	case l.NeedsQuery || due(l.AskAt, now) || due(l.LinkOpenUntil, now) || l.expiryReached(now):
		return Action{Do: Ask}
	case l.Sending != MailRef{}:
		return l.wait(now)
	case l.OwesReconnectedMail > 0:
		return Action{Do: Send, Mail: MailRef{Kind: Reconnected, Incident: l.OwesReconnectedMail}}
	case !l.State.NeedsMerchant() || !l.LinkOpenUntil.IsZero():
		return l.wait(now)
	case !l.AskAt.IsZero(): // a question is still open: no mail goes out without its answer
		return l.wait(now)
	case l.mailsRest(now):
		return l.wait(now)
	case l.Plan.IsZero():
		return Action{Do: MakePlan}
	case !due(l.Plan.At, now):
		return l.wait(now)
	case now.Sub(l.AnsweredAt) > r.Durations.AnswerFreshFor:
		return Action{Do: Ask}
	case l.Plan.Exhausted:
		return Action{Do: Escalate}
	}
	reminder := MailRef{Kind: l.MailKind(), Incident: l.Incident, Step: l.Plan.Step, SendNow: l.SendNow}
	return Action{Do: Send, Mail: reminder}
}

// expiryReached reports that the end has passed and Plaid must decide. While a later question is due, that one is
// enough.
func (l Life) expiryReached(now time.Time) bool {
	return l.State == Expiring && due(l.Expiry.At, now) && l.AskAt.IsZero()
}

// mailsRest reports that no mail may be planned or sent now. A mail that somebody wants now is not held back.
func (l Life) mailsRest(now time.Time) bool {
	return !l.SendNow && (l.Paused || l.SnoozedUntil.After(now) || l.Hold.Until.After(now))
}

// wait never returns a time in the past. While a question or Link is open, or a mail is under way, the plan is left
// out, even if it is due.
func (l Life) wait(now time.Time) Action {
	until := earliest(l.AskAt, l.LinkOpenUntil)
	if l.State == Expiring && l.Expiry.At.After(now) {
		until = earliest(until, l.Expiry.At)
	}
	return Action{Do: Wait, Until: earliest(until, l.mailsAgain(now))}
}

// mailsAgain returns when the next mail is due or may be planned again. It returns zero when only news, or something
// else that the life waits for, can change that.
func (l Life) mailsAgain(now time.Time) time.Time {
	switch {
	case !l.State.NeedsMerchant() || l.Sending != MailRef{} || !l.AskAt.IsZero() || !l.LinkOpenUntil.IsZero():
		return time.Time{}
	case !l.mailsRest(now):
		return l.Plan.At
	case l.Paused:
		return time.Time{}
	case l.SnoozedUntil.After(l.Hold.Until):
		return l.SnoozedUntil
	}
	return l.Hold.Until
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
