package item

import "time"

// Command is what an operator may do to an Item.
type Command string

const (
	Remind   Command = "remind"  // the next mail goes out now
	Recheck  Command = "recheck" // Plaid is asked now
	Snooze   Command = "snooze"  // no mail until Until
	Pause    Command = "pause"   // no mail until Resume
	Resume   Command = "resume"  // ends Pause, Snooze and every hold
	Release  Command = "release" // ends a hold alone: its reason is over
	Replan   Command = "replan"  // the policy has changed
	RemoveIt Command = "remove"  // Plaid removes the Item, and its life ends
)

// Commands returns all commands.
func Commands() []Command {
	return []Command{Remind, Recheck, Snooze, Pause, Resume, Release, Replan, RemoveIt}
}

// OperatorCommand is a command that an operator issues to an Item. Until belongs to a Snooze. By names the operator,
// and never leaves our own systems.
type OperatorCommand struct {
	Do    Command   `json:"do"`
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
}

// Wrong returns a sentence about what is wrong with the command; it is empty when the command may be carried out.
func (c OperatorCommand) Wrong() string {
	for _, known := range Commands() {
		if known == c.Do {
			if c.Do == Snooze && c.Until.IsZero() {
				return "a snooze needs until"
			}
			return ""
		}
	}
	return "there is no command " + string(c.Do)
}

func (e CommandIssued) apply(l *Life, _ Rules) {
	c := e.Command
	if c.Wrong() != "" {
		return
	}
	switch c.Do {
	case Recheck:
		l.NeedsQuery = true
	case Remind:
		if l.State.NeedsMerchant() {
			l.SendNow, l.Plan = true, Plan{}
		}
	case Snooze:
		l.SnoozedUntil = c.Until
	case Pause:
		l.Paused = true
	case Resume:
		l.Paused, l.SnoozedUntil, l.Hold = false, time.Time{}, Hold{}
	case Release:
		l.Hold = Hold{}
		return // the end of the hold's reason has a record of its own
	case Replan:
		l.replan()
		return // the change of policy has a record of its own
	case RemoveIt:
		l.RemoveOwed = true
	}
	l.Commands++
	why := string(c.Do)
	if !c.Until.IsZero() {
		why += " until " + c.Until.UTC().Format(time.RFC3339)
	}
	if c.By != "" {
		why += ", by " + c.By
	}
	l.note(Transition{Step: Ordered, Change: l.Commands, To: l.State, Cause: l.Cause, Why: why}, e.At)
}

// replan forgets a plan that is not carried out yet, and one that ended only because the address must not be mailed.
func (l *Life) replan() {
	if l.Sending == (MailRef{}) && (!l.Plan.Exhausted || !l.Plan.At.IsZero() || l.Plan.Suppressed) {
		l.Plan = Plan{}
	}
}
