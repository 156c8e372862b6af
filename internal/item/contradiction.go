package item

import "time"

// recheckContradiction drops a claim that the answer confirms. While the answer contradicts it, a later question is
// due.
func (l *Life) recheckContradiction(d Durations, at time.Time) {
	delays := d.rechecks(l.Doubt.Claim)
	contradicted := (l.Doubt.Claim == ClaimsBroken && l.State == Connected) ||
		(l.Doubt.Claim == ClaimsHealed && l.State.NeedsMerchant())
	if !contradicted || l.Doubt.Tries >= len(delays) {
		l.Doubt = Doubt{}
		return
	}
	l.AskAt = at.Add(delays[l.Doubt.Tries])
	l.Doubt.Tries++
}
