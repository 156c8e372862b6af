package item

import (
	"slices"
	"time"
)

// Apply folds an event into a life and returns the result; l itself stays as it is. Apply is total: an event that no
// longer fits changes nothing.
func (r Rules) Apply(l Life, e Event) Life {
	if l.State == Removed {
		if _, ok := e.(Recorded); !ok {
			return l
		}
	}
	l.Evidence, l.Unrecorded = slices.Clone(l.Evidence), slices.Clone(l.Unrecorded)
	e.apply(&l, r)
	return l
}

func (e Hinted) apply(l *Life, r Rules) {
	h := e.Hint
	if h.Source == FromOperator {
		switch h.Code {
		case MerchantChanged:
			l.replan()
			return
		case RemoveAsked:
			CommandIssued{Command: OperatorCommand{Do: RemoveIt}, At: h.At}.apply(l, r)
			return
		}
	}
	switch h.Code {
	case LinkOpened:
		l.linkOpened(h)
		return // Plaid is asked when Link ends, or when its token does
	case NewLinkRequested:
		l.newLinkRequested()
		return
	case LinkFinished, LinkLeft:
		l.LinkOpenUntil = time.Time{}
	case PendingDisconnect, PendingExpiration:
		l.noteAnnouncedExpiry(r.Durations, h)
	}
	l.addEvidence(h.InboxIDs)
	l.NeedsQuery = true
	if claim := h.Claim(); claim != ClaimsNothing {
		l.Contradiction = Contradiction{Claim: claim}
	}
}

// newLinkRequested makes the next mail go out now, after a question to Plaid. A merchant who asks for another link has
// no Link open.
func (l *Life) newLinkRequested() {
	if !l.State.NeedsMerchant() {
		return
	}
	l.NeedsQuery, l.SendNow = true, true
	l.Plan, l.LinkOpenUntil = Plan{}, time.Time{}
}

// linkOpened pauses mails for the life of the link token. The hint of a Hosted Link names no end and pauses none. Each
// token counts once, however often it is reported.
func (l *Life) linkOpened(h Hint) {
	if !l.State.NeedsMerchant() || (h.newest() != 0 && h.newest() <= l.LastLink) {
		return
	}
	l.LastLink = h.newest()
	l.LinkAttempts++
	if h.Until.After(l.LinkOpenUntil) {
		l.LinkOpenUntil = h.Until
	}
}

func (AskStarted) apply(l *Life, _ Rules) {
	l.NeedsQuery, l.AskAt = false, time.Time{}
}

func (e Answered) apply(l *Life, r Rules) {
	l.AnsweredAt, l.PlaidSays, l.UserPresent = e.At, e.Status.ErrorCode, e.Status.UserPresent
	l.forgetEndedLink(e.At)
	expiry, closed := l.Expiry, l.ClosedExpiry
	if !l.follow(r, e.Status, e.At) {
		l.Expiry, l.ClosedExpiry = expiry, closed
		l.AskAt = e.At.Add(r.Durations.UndecidedPause)
		return
	}
	l.Evidence = nil
	l.recheckContradiction(r.Durations, e.At)
}

// follow goes to the state that Plaid's answer means. It reports false when the answer decides nothing, or when the
// table refuses the change.
func (l *Life) follow(r Rules, t PlaidStatus, at time.Time) bool {
	state, cause, decided := t.Classify()
	switch {
	case !decided:
		return false
	case state == Connected:
		return l.healthy(r, t, at)
	case state == l.State && cause == l.Cause:
		return true
	case state == Removed:
		return l.move(r, Removed, cause, SaysGone, at)
	}
	return l.move(r, state, cause, SaysError, at)
}

// healthy follows an answer that names no error. The answer ends a break; it ends an expiry only by the evidence that
// the table asks for; and it may show that the consent ends soon.
func (l *Life) healthy(r Rules, t PlaidStatus, at time.Time) bool {
	l.noteExpiry(r.Durations, t, at)
	var by Evidence
	var over bool
	if l.Expiry.known() {
		if by, over = l.closedBy(r.Durations, t, at); over {
			l.closeExpiry()
			l.noteExpiry(r.Durations, t, at) // a consent that moved may still end soon
		}
	}
	switch {
	case l.State == Expiring && l.Expiry.known() && over:
		l.Plan, l.Hold = Plan{}, Hold{}
		return l.move(r, Expiring, l.Expiry.Cause, l.Expiry.By, at)
	case l.State == Expiring && l.Expiry.known():
		return true
	case l.State == Expiring:
		return l.move(r, Connected, "", by, at)
	case l.Expiry.known(): // it works, or works again, and is going to end
		return l.move(r, Expiring, l.Expiry.Cause, l.Expiry.By, at)
	case l.State == Connected:
		return true
	}
	return l.move(r, Connected, "", SaysHealthy, at)
}

func (e Unanswered) apply(l *Life, r Rules) {
	l.AskAt = e.At.Add(r.Durations.UnansweredPause)
	l.forgetEndedLink(e.At)
}

func (l *Life) forgetEndedLink(now time.Time) {
	if !l.LinkOpenUntil.After(now) {
		l.LinkOpenUntil = time.Time{}
	}
}

func (e Recorded) apply(l *Life, _ Rules) {
	l.Unrecorded = l.Unrecorded[min(e.Count, len(l.Unrecorded)):]
	if len(l.Unrecorded) == 0 {
		l.Unrecorded = nil
	}
}

func (e RemovedAtPlaid) apply(l *Life, r Rules) {
	l.RemoveOwed = false
	l.move(r, Removed, Gone, ByOperator, e.At)
}
