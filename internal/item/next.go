package item

import "time"

// Do is what an Item's workflow does next.
type Do string

const (
	Wait     Do = "wait"     // for a hint, an update or Until
	Record   Do = "record"   // write the unrecorded transitions
	Ask      Do = "ask"      // ask Plaid
	MakePlan Do = "plan"     // plan the next reminder
	Send     Do = "send"     // start sending Letter, beside the waiting
	Escalate Do = "escalate" // the ladder is over and its last wait, too: call a person
	Remove   Do = "remove"   // have Plaid remove the Item
	Finish   Do = "finish"   // the life is over
)

// Action is what to do now. Until is zero when only news can end a Wait.
type Action struct {
	Do     Do
	Until  time.Time
	Letter Letter
}

// AnswerGoodFor is how old an answer of Plaid's may be when a reminder is handed to the mail server. After that Plaid is
// asked again.
const AnswerGoodFor = time.Minute

// Next says what to do now. It asks Plaid before any reminder goes out, and waits without a timer when nothing is due.
func (l Life) Next(now time.Time) Action {
	switch {
	case len(l.Unrecorded) > 0:
		return Action{Do: Record}
	case l.State == Removed:
		return Action{Do: Finish}
	case l.RemoveOwed:
		return Action{Do: Remove}
	case l.AskOwed || due(l.AskAt, now) || due(l.LinkOpenUntil, now) || l.endIsThere(now):
		return Action{Do: Ask}
	case l.Sending != Letter{}:
		return l.wait(now)
	case l.Thanks > 0:
		return Action{Do: Send, Letter: Letter{Kind: Reconnected, Incident: l.Thanks}}
	case !l.State.NeedsMerchant() || !l.LinkOpenUntil.IsZero():
		return l.wait(now)
	case !l.AskAt.IsZero(): // a question is still open: nobody is mailed on half an answer
		return l.wait(now)
	case l.mailsRest(now):
		return l.wait(now)
	case l.Plan.IsZero():
		return Action{Do: MakePlan}
	case !due(l.Plan.At, now):
		return l.wait(now)
	case now.Sub(l.AnsweredAt) > AnswerGoodFor:
		return Action{Do: Ask}
	case l.Plan.Exhausted:
		return Action{Do: Escalate}
	}
	return Action{Do: Send, Letter: Letter{Kind: l.Reminds(), Incident: l.Incident, Step: l.Plan.Step, Asked: l.Wanted}}
}

// endIsThere reports that the end is over and Plaid is to decide. While it cannot, the question that is due later is enough.
func (l Life) endIsThere(now time.Time) bool {
	return l.State == Expiring && due(l.Ending.At, now) && l.AskAt.IsZero()
}

// mailsRest reports that no mail may be planned or sent now. What a person wants to go out now goes out.
func (l Life) mailsRest(now time.Time) bool {
	return !l.Wanted && (l.Paused || l.SnoozedUntil.After(now) || l.Hold.Until.After(now))
}

// wait is never for a moment that is over, which would be no waiting: while a question is open, Link is or a mail is under
// way, the plan has to wait for that too, due or not.
func (l Life) wait(now time.Time) Action {
	until := earliest(l.AskAt, l.LinkOpenUntil)
	if l.State == Expiring && l.Ending.At.After(now) {
		until = earliest(until, l.Ending.At)
	}
	return Action{Do: Wait, Until: earliest(until, l.mailsAgain(now))}
}

// mailsAgain is when mails are to be looked at again; zero when only news, or what else is waited for, can change that.
func (l Life) mailsAgain(now time.Time) time.Time {
	switch {
	case !l.State.NeedsMerchant() || l.Sending != Letter{} || !l.AskAt.IsZero() || !l.LinkOpenUntil.IsZero():
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
