package item

import (
	"fmt"
	"time"
)

// Difference is how Plaid's answer differs from what we know of an Item; it is empty when the two agree.
type Difference string

const (
	Same         Difference = ""
	LostBreak    Difference = "broken"      // Plaid names an error, and we call it connected
	LostRepair   Difference = "healed"      // Plaid names none, and we wait for the merchant
	OtherCause   Difference = "other_cause" // broken, but for another reason
	LostRemoval  Difference = "gone"        // Plaid no longer knows the Item
	ExpiresSoon  Difference = "ends_soon"   // its consent ends within 30 days
	ExpiryMoved  Difference = "end_moved"   // the consent that was about to end has moved
	ExpiryIsOver Difference = "end_over"    // the end has passed
)

// Differs compares an answer of Plaid's with our record of the Item. It decides nothing: the result says
// whether the Item's workflow should look.
func (r Rules) Differs(l Life, t PlaidStatus, now time.Time) Difference {
	state, cause, decided := t.Classify()
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
	case l.State == Expiring && !l.Expiry.At.After(now):
		return ExpiryIsOver
	case l.State == Expiring && t.ConsentExpiresAt.After(l.Expiry.At.Add(r.Durations.MinShift)):
		return ExpiryMoved
	case l.State == Connected && t.ConsentExpiresAt.After(now) && !t.ConsentExpiresAt.After(now.Add(r.Durations.ExpiryHorizon)):
		return ExpiresSoon
	}
	return Same
}

// Hint returns the code of the hint that the Item's workflow gets for a difference.
func (d Difference) Hint() string { return "reconcile/" + string(d) }

// Stale returns a sentence for a person when an Item that Plaid calls healthy has had no data for longer than after. It
// returns nothing when the data is recent enough, when dataAt is zero, or when after is not positive.
func Stale(t PlaidStatus, dataAt, now time.Time, after time.Duration) string {
	if after <= 0 || !t.Healthy() || dataAt.IsZero() || now.Sub(dataAt) < after {
		return ""
	}
	return fmt.Sprintf("Plaid calls it healthy, and its last data is of %s", dataAt.UTC().Format("2006-01-02"))
}
