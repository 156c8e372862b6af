package item

import "time"

const (
	// undecidedPause is how long an answer that decides nothing (an institution that is down) is left alone.
	undecidedPause = time.Hour
	// unansweredPause is how long Plaid is left alone after it could not be asked at all.
	unansweredPause = 15 * time.Minute
)

// patience is how long to wait before each further question when Plaid contradicts a claim. A finished Link is looked
// at again quickly: Plaid does not say how soon /item/get follows onSuccess, and a merchant is waiting.
var patience = map[Claim][]time.Duration{
	ClaimsBroken: {time.Minute, 10 * time.Minute, time.Hour},
	ClaimsHealed: {2 * time.Second, 10 * time.Second, time.Minute, 10 * time.Minute},
}

// settleDoubt drops a claim that the answer confirms, and owes a later question while it contradicts it.
func (l *Life) settleDoubt(at time.Time) {
	waits := patience[l.Doubt.Claim]
	contradicted := (l.Doubt.Claim == ClaimsBroken && l.State == Connected) ||
		(l.Doubt.Claim == ClaimsHealed && l.State.NeedsMerchant())
	if !contradicted || l.Doubt.Tries >= len(waits) {
		l.Doubt = Doubt{}
		return
	}
	l.AskAt = at.Add(waits[l.Doubt.Tries])
	l.Doubt.Tries++
}
