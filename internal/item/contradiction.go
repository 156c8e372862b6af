package item

import "time"

// recheckContradiction drops a claim that the answer confirms. While the answer contradicts it, a later question is
// due.
func (l *Life) recheckContradiction(d Durations, at time.Time) {
	delays := d.rechecks(l.Contradiction.Claim)
	contradicted := (l.Contradiction.Claim == ClaimsBroken && l.State == Connected) ||
		(l.Contradiction.Claim == ClaimsHealed && l.State.NeedsMerchant())
	if !contradicted || l.Contradiction.Tries >= len(delays) {
		l.Contradiction = Contradiction{}
		return
	}
	l.AskAt = at.Add(delays[l.Contradiction.Tries])
	l.Contradiction.Tries++
}
