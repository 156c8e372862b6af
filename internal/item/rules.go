package item

import "time"

// Rules decide what an Item's life becomes and what is done next. They are a value: the same rules, life and event
// always give the same result, which is what lets a workflow replay.
//
// Every field is replay-critical: a change of one changes the commands of workflows that are already running.
type Rules struct {
	// Durations are the waits and horizons of the rules.
	Durations Durations
	// Strict makes Apply panic on a change of state that the table of transitions does not hold. Tests set it. Without
	// it, Apply keeps the state and records a RuleViolation.
	Strict bool
}

// ProductionRules returns the rules that production runs on.
func ProductionRules() Rules { return Rules{Durations: Production()} }

// Durations are all lengths of time that the rules depend on.
type Durations struct {
	// UndecidedPause is the wait after an answer that decides nothing, for example while the institution is down.
	UndecidedPause time.Duration
	// UnansweredPause is the wait after Plaid could not be asked at all, or after a mail got stuck.
	UnansweredPause time.Duration
	// BrokenRechecks are the waits before each further question when Plaid contradicts a claim that the Item is broken;
	// HealedRechecks those when Plaid contradicts a claim that it is healed. After the last one the claim is dropped.
	BrokenRechecks, HealedRechecks []time.Duration
	// AnswerFreshFor is how old Plaid's answer may be when a reminder starts.
	AnswerFreshFor time.Duration
	// ExpiryHorizon is how far ahead the end of a consent opens Expiring.
	ExpiryHorizon time.Duration
	// MinShift is how much later a consent must end to count as moved: the announced and the stated end of one consent
	// may differ a little.
	MinShift time.Duration
}

// Production returns the durations that production runs on.
//
// HealedRechecks begin quickly: Plaid does not say how soon /item/get follows onSuccess, and a merchant is waiting.
func Production() Durations {
	return Durations{
		UndecidedPause:  time.Hour,
		UnansweredPause: 15 * time.Minute,
		BrokenRechecks:  []time.Duration{time.Minute, 10 * time.Minute, time.Hour},
		HealedRechecks:  []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 10 * time.Minute},
		AnswerFreshFor:  time.Minute,
		ExpiryHorizon:   30 * 24 * time.Hour,
		MinShift:        24 * time.Hour,
	}
}

// rechecks returns the waits before each further question about a claim that Plaid contradicts.
func (d Durations) rechecks(claim Claim) []time.Duration {
	switch claim {
	case ClaimsBroken:
		return d.BrokenRechecks
	case ClaimsHealed:
		return d.HealedRechecks
	case ClaimsNothing:
	}
	return nil
}
