// Package inseconds holds the rules of internal/item with every duration shortened to seconds, so that a history in
// which a wait ends by its timer can be recorded within a test.
//
// It imports internal/item alone, and only tests may import it: what is recorded under these rules replays under them.
//
// Start reading at Rules.
package inseconds

import (
	"math"
	"time"

	"relink/internal/item"
)

// Rules returns production's rules with each duration shortened. They are strict.
func Rules() item.Rules { return item.Rules{Durations: durations(item.Production()), Strict: true} }

// durations shortens every duration of d. The result is computed, so that a change of a duration in production changes
// the replay of what was recorded in seconds as well.
func durations(d item.Durations) item.Durations {
	return item.Durations{
		UndecidedPause:  shorten(d.UndecidedPause),
		UnansweredPause: shorten(d.UnansweredPause),
		BrokenRechecks:  shortenAll(d.BrokenRechecks),
		HealedRechecks:  shortenAll(d.HealedRechecks),
		AnswerFreshFor:  shorten(d.AnswerFreshFor),
		ExpiryHorizon:   shorten(d.ExpiryHorizon),
		MinShift:        shorten(d.MinShift),
	}
}

// shorten returns 0.2 s times the cube root of d in seconds. 2 s become 0.25 s, a minute becomes 0.8 s, an hour 3 s,
// and 30 days 27 s. One common divisor would make either the short durations immeasurably short or the long ones too
// long to wait for. The order of durations stays, which is what rules depend on.
func shorten(d time.Duration) time.Duration {
	return time.Duration(200*math.Cbrt(d.Seconds())) * time.Millisecond
}

func shortenAll(all []time.Duration) []time.Duration {
	short := make([]time.Duration, len(all))
	for i, d := range all {
		short[i] = shorten(d)
	}
	return short
}
