package item

import "time"

// Do is what an Item's workflow does next.
type Do string

const (
	Wait     Do = "wait"   // for a hint, an update or Until
	Record   Do = "record" // write the unrecorded transitions
	Ask      Do = "ask"    // ask Plaid
	MakePlan Do = "plan"   // plan the next reminder
	Send     Do = "send"   // start sending Letter, beside the waiting
	Finish   Do = "finish" // the life is over
)

// Action is what to do now. Until is zero when only news can end a Wait.
type Action struct {
	Do     Do
	Until  time.Time
	Letter Letter
}

// freshFor is how old an answer of Plaid's may be when a reminder is handed to the mail server.
const freshFor = time.Minute

// Next says what to do now. It asks Plaid before any reminder goes out, and waits without a timer when nothing is due.
func (l Life) Next(now time.Time) Action {
	switch {
	case len(l.Unrecorded) > 0:
		return Action{Do: Record}
	case l.State == Removed:
		return Action{Do: Finish}
	case l.AskOwed || due(l.AskAt, now) || due(l.LinkOpenUntil, now):
		return Action{Do: Ask}
	case l.Sending != Letter{}:
		return l.wait()
	case l.Thanks > 0:
		return Action{Do: Send, Letter: Letter{Kind: Reconnected, Incident: l.Thanks}}
	case !l.State.NeedsMerchant() || !l.LinkOpenUntil.IsZero():
		return l.wait()
	case !l.AskAt.IsZero(): // a question is still open: nobody is mailed on half an answer
		return l.wait()
	case l.Plan.IsZero():
		return Action{Do: MakePlan}
	case !due(l.Plan.At, now):
		return l.wait()
	case now.Sub(l.AnsweredAt) > freshFor:
		return Action{Do: Ask}
	}
	return Action{Do: Send, Letter: Letter{Kind: Reminder, Incident: l.Incident, Step: l.Plan.Step}}
}

// wait is never for a moment that is over, which would be no waiting: while a question is open, Link is or a mail is under
// way, the plan has to wait for that too, due or not.
func (l Life) wait() Action {
	until := earliest(l.AskAt, l.LinkOpenUntil)
	if until.IsZero() && l.Sending == (Letter{}) {
		until = l.Plan.At
	}
	return Action{Do: Wait, Until: until}
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
