package item

import (
	"fmt"
	"time"
)

// Difference is why what Plaid says is not what we have of an Item; empty when it is.
type Difference string

const (
	Same        Difference = ""
	LostBreak   Difference = "broken"      // Plaid names an error, and we call it connected
	LostRepair  Difference = "healed"      // Plaid names none, and we wait for the merchant
	OtherCause  Difference = "other_cause" // broken, and for another reason
	LostRemoval Difference = "gone"        // Plaid does not know it any more
	EndsSoon    Difference = "ends_soon"   // its consent ends within 30 days
	EndMoved    Difference = "end_moved"   // the consent that was about to end has moved
	EndIsOver   Difference = "end_over"    // the end is over
)

// Differs holds an answer of Plaid's against what is remembered of the Item. It decides nothing: it says whether the
// Item's workflow should look.
func Differs(l Life, t Truth, now time.Time) Difference {
	state, cause, decided := t.Verdict()
	switch {
	case !decided || l.State == Removed:
		return Same
	case state == Removed:
		return LostRemoval
	case state.Broken() && !l.State.Broken():
		return LostBreak
	case state.Broken() && (state != l.State || cause != l.Cause):
		return OtherCause
	case state.Broken():
		return Same
	case l.State.Broken():
		return LostRepair
	case l.State == Expiring && !l.Ending.At.After(now):
		return EndIsOver
	case l.State == Expiring && t.ConsentExpiresAt.After(l.Ending.At.Add(movedBy)):
		return EndMoved
	case l.State == Connected && t.ConsentExpiresAt.After(now) && !t.ConsentExpiresAt.After(now.Add(endsAhead)):
		return EndsSoon
	}
	return Same
}

// Hint is what the Item's workflow is told of a difference.
func (d Difference) Hint() string { return "reconcile/" + string(d) }

// Stale says, for a person, that an Item which Plaid calls healthy has had no data for too long; empty when it has.
func Stale(t Truth, dataAt, now time.Time, after time.Duration) string {
	if after <= 0 || !t.Healthy() || dataAt.IsZero() || now.Sub(dataAt) < after {
		return ""
	}
	return fmt.Sprintf("Plaid calls it healthy, and its last data is of %s", dataAt.UTC().Format("2006-01-02"))
}
