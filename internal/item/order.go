package item

import "time"

// Act is what a person of ours may do to an Item.
type Act string

const (
	Remind   Act = "remind"  // the next mail goes out now
	Recheck  Act = "recheck" // Plaid is asked
	Snooze   Act = "snooze"  // no mail until Until
	Pause    Act = "pause"   // no mail until Resume
	Resume   Act = "resume"  // ends Pause, Snooze and every hold
	Release  Act = "release" // ends a hold alone: what kept mails back is over
	Replan   Act = "replan"  // the policy has changed
	RemoveIt Act = "remove"  // Plaid removes the Item, and its life ends
)

// Acts answers all acts there are.
func Acts() []Act { return []Act{Remind, Recheck, Snooze, Pause, Resume, Release, Replan, RemoveIt} }

// Order is what a person of ours wants of an Item. By names them; it stays in our own house.
type Order struct {
	Do    Act       `json:"do"`
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
}

// Wrong says what is not right with an order, in a sentence; empty when it may be carried out.
func (o Order) Wrong() string {
	for _, a := range Acts() {
		if a == o.Do {
			if o.Do == Snooze && o.Until.IsZero() {
				return "a snooze needs until"
			}
			return ""
		}
	}
	return "there is no order " + string(o.Do)
}

func (e Operated) apply(l *Life) {
	o := e.Order
	if o.Wrong() != "" {
		return
	}
	switch o.Do {
	case Recheck:
		l.AskOwed = true
	case Remind:
		if l.State.NeedsMerchant() {
			l.Wanted, l.Plan = true, Plan{}
		}
	case Snooze:
		l.SnoozedUntil = o.Until
	case Pause:
		l.Paused = true
	case Resume:
		l.Paused, l.SnoozedUntil, l.Hold = false, time.Time{}, Hold{}
	case Release:
		l.Hold = Hold{}
		return // the end of what held them has its own record
	case Replan:
		l.replan()
		return // of the policy's doing, which has its own record
	case RemoveIt:
		l.RemoveOwed = true
	}
	l.Orders++
	why := string(o.Do)
	if !o.Until.IsZero() {
		why += " until " + o.Until.UTC().Format(time.RFC3339)
	}
	if o.By != "" {
		why += ", by " + o.By
	}
	l.turn(Transition{Step: Ordered, Change: l.Orders, To: l.State, Cause: l.Cause, Why: why}, e.At)
}

// replan forgets a plan that is not carried out yet, and one that only the merchant's address stands against.
func (l *Life) replan() {
	if l.Sending == (Letter{}) && (!l.Plan.Exhausted || !l.Plan.At.IsZero() || l.Plan.Suppressed) {
		l.Plan = Plan{}
	}
}

func (e RemovedAtPlaid) apply(l *Life) {
	l.RemoveOwed = false
	l.close(Removed, Gone, ByOperator, e.At)
}
