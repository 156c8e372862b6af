package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/outside"
)

// What Plaid answers.
var (
	fine    = item.Truth{}
	broke   = item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED"}
	revoked = item.Truth{ErrorCode: "USER_PERMISSION_REVOKED"}
	down    = item.Truth{ErrorCode: "INSTITUTION_DOWN"}
	refused = temporal.NewNonRetryableApplicationError("plaid: INVALID_FIELD (status 400)", activities.ErrTypeRefused, nil)
)

// long is further ahead than any of these tests waits.
const long = time.Minute

// asking reports that the workflow waits for its next question.
func asking(l item.Life) bool { return !l.AskAt.IsZero() && !l.AskOwed }

// restful reports that no question is open or owed, and nothing is under way.
func restful(l item.Life) bool {
	return l.AskAt.IsZero() && !l.AskOwed && l.Doubt == item.Doubt{} && l.Sending == item.Letter{}
}

// waits are every kind of wait, each played to the ways in which it can end.
var waits = map[string]struct {
	play  func(s *scene)
	fates []fate
}{
	"undecided":                     {play: undecided},
	"undecided-holds-a-reminder":    {play: undecidedHoldsAReminder},
	"unanswered":                    {play: unanswered},
	"contradicted-break":            {play: contradictedBreak},
	"contradicted-break-confirmed":  {play: contradictedBreakConfirmed},
	"contradicted-after-incident":   {play: contradictedAfterIncident},
	"finished-link-dropped":         {play: finishedLinkDropped},
	"finished-link-and-a-hint":      {play: finishedLinkAndAHint},
	"finished-link-confirmed":       {play: finishedLinkConfirmed},
	"link-ends":                     {play: linkEnds},
	"ladder-to-a-person":            {play: ladderToAPerson},
	"ladder-ended-by-a-healthy-one": {play: ladderEndedByAHealthyAnswer},
	"ladder-replanned":              {play: ladderReplanned},
	"snooze-and-pause":              {play: snoozeAndPause},
	"end-passes":                    {play: endPasses},
	"end-breaks":                    {endBreaks, []fate{{}, {then: &broke}}},
	"end-undecided":                 {endUndecided, []fate{{}, {then: &down}}},
	"consent-near":                  {play: consentNear},
	"consent-moves":                 {play: consentMoves},
	"every-change-of-state":         {play: everyChangeOfState},
	"removed-by-a-person":           {play: removedByAPerson},
	"bank-asks-every-time":          {play: bankAsksEveryTime},
	"hold-ends":                     {holdEnds, []fate{{hold: 1200 * time.Millisecond}, {hold: long}, {hold: long}}},
	"mail-stuck":                    {mailStuck, []fate{{err: refused}}},
	"mail-suppressed":               {mailSuppressed, []fate{{sent: activities.Sent{Outcome: item.MailSuppressed, Why: "the merchant wants no more mails"}}}},
	"mail-outcomes": {mailOutcomes, []fate{
		{sent: activities.Sent{Outcome: item.MailFailed}}, {sent: activities.Sent{Outcome: item.MailShadowed}}, {sent: activities.Sent{Outcome: item.MailHealed}, then: &fine},
	}},
}

// TestWaits_replay plays every kind of wait to each of its ends, by its timer too. Here it looks at what comes of each;
// workflows.TestHistories_holdEveryKindOfTimer looks at which timers fired in what was recorded.
func TestWaits_replay(t *testing.T) {
	t.Parallel()
	s := startScripted(t)
	// All at once: they wait, while the number of parallel tests is meant for those that work. What is recorded is played
	// one by one, since a timer that rings late is no proof of when it was due.
	atOnce := len(waits)
	if *record != "" {
		atOnce = 1
	}
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for name, w := range waits {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			t.Run(name, func(t *testing.T) { w.play(s.scene(t, name, w.fates...)) })
		})
	}
	all.Wait()
}

// The pause after an answer that decides nothing ends by a hint, by an order, by its timer, and by an update.
func undecided(s *scene) {
	s.says(down)
	s.looks()
	s.asked(1)
	s.life("an open question", asking)
	s.looks()
	s.asked(2)
	s.life("an open question", asking)
	s.orders(item.Order{Do: item.Recheck})
	s.asked(3)
	s.life("an open question", asking)
	s.asked(4)
	s.life("an open question", asking)
	s.says(fine)
	require.Equal(s.t, item.Connected, s.finishes().State)
	s.life("rest", restful)
	s.goesOn()
}

func undecidedHoldsAReminder(s *scene) {
	s.breaks()
	s.says(down)
	s.looks()
	s.life("an open question", asking)
	s.says(broke)
	s.reminded(2)
	s.goesOn()
}

// The pause after a question that Plaid did not answer ends by a hint, and by its timer.
func unanswered(s *scene) {
	s.refuses(refused)
	s.looks()
	s.asked(1)
	s.life("an open question", asking)
	s.looks()
	s.asked(2)
	s.life("an open question", asking)
	s.says(broke)
	s.reminded(1)
	s.refuses(refused)
	s.looks()
	s.life("an open question", asking)
	s.says(fine)
	s.ended()
}

func contradictedBreak(s *scene) {
	s.webhook("ITEM/ERROR")
	s.asked(4)
	s.life("rest", restful)
	require.Equal(s.t, 4, s.part().asked)
	s.goesOn()
}

// A second claim begins the waits anew; then Plaid confirms it.
func contradictedBreakConfirmed(s *scene) {
	s.webhook("ITEM/ERROR")
	s.asked(2)
	s.webhook("ITEM/ERROR")
	s.asked(3)
	s.life("an open question", asking)
	s.says(broke)
	s.reminded(1)
	s.goesOn()
}

// The incident is over while a question is open: the run goes on until it is answered.
func contradictedAfterIncident(s *scene) {
	s.breaks()
	s.says(fine)
	s.webhook("ITEM/ERROR")
	s.in(item.Connected, "")
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/closed"}, s.part().recorded)
}

func finishedLinkDropped(s *scene) {
	s.breaks()
	s.opens(long)
	require.True(s.t, s.finishes().Verifying)
	s.asked(6)
	s.reminded(2)
	s.goesOn()
}

func finishedLinkAndAHint(s *scene) {
	s.breaks()
	s.opens(long)
	require.True(s.t, s.finishes().Verifying)
	s.asked(5)
	s.looks()
	s.reminded(2)
	s.goesOn()
}

func finishedLinkConfirmed(s *scene) {
	s.breaks()
	s.opens(long)
	require.True(s.t, s.finishes().Verifying)
	s.asked(3)
	s.says(fine)
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/closed"}, s.part().recorded)
	mails := s.part().mails
	require.Equal(s.t, item.Letter{Kind: item.Reconnected, Incident: 1}, mails[len(mails)-1].letter)
}

// An open Link ends with its token, when the merchant leaves it, and when the merchant finishes it.
func linkEnds(s *scene) {
	s.breaks()
	s.opens(1200 * time.Millisecond)
	s.life("the end of Link", func(l item.Life) bool { return l.LinkOpenUntil.IsZero() && restful(l) })
	s.opens(long)
	s.hints(item.Hint{Source: item.FromPortal, Code: item.LinkLeft})
	s.life("the end of Link", func(l item.Life) bool { return l.LinkOpenUntil.IsZero() && restful(l) })
	s.opens(long)
	s.says(fine)
	require.Equal(s.t, item.Connected, s.finishes().State)
	s.ended()
}

func ladderToAPerson(s *scene) {
	s.breaks()
	s.life("the end of the ladder", func(l item.Life) bool { return l.Plan.Exhausted && l.Plan.At.IsZero() && len(l.Unrecorded) == 0 })
	require.Equal(s.t, []string{"1/opened", "1/escalated"}, s.part().recorded)
	require.Len(s.t, s.part().mails, 3)
	s.goesOn()
}

func ladderEndedByAHealthyAnswer(s *scene) {
	s.breaks()
	s.says(fine)
	s.ended()
	require.Len(s.t, s.part().mails, 1)
}

// The wait for a reminder ends by a merchant's wish, by a person's, and by new plans.
func ladderReplanned(s *scene) {
	s.breaks()
	s.hints(item.Hint{Source: item.FromPortal, Code: item.FreshAsked})
	s.reminded(2)
	s.orders(item.Order{Do: item.Remind})
	s.reminded(3)
	s.hints(item.Hint{Source: item.FromOperator, Code: item.MerchantChanged})
	s.orders(item.Order{Do: item.Replan})
	s.life("the end of the ladder", func(l item.Life) bool { return l.Plan.Exhausted && l.Plan.At.IsZero() })
	s.goesOn()
}

// A snooze ends by its timer, and when a person resumes; a pause ends only by that. A person's own mail goes out meanwhile.
func snoozeAndPause(s *scene) {
	s.breaks()
	s.orders(item.Order{Do: item.Snooze, Until: time.Now().UTC().Add(2 * time.Second)})
	s.reminded(2)
	s.orders(item.Order{Do: item.Snooze, Until: time.Now().UTC().Add(long)})
	s.orders(item.Order{Do: item.Resume})
	s.life("no snooze", func(l item.Life) bool { return l.SnoozedUntil.IsZero() })
	s.orders(item.Order{Do: item.Pause})
	s.life("a pause", func(l item.Life) bool { return l.Paused && len(l.Unrecorded) == 0 })
	s.orders(item.Order{Do: item.Remind})
	s.life("a person's own reminder", func(l item.Life) bool { return l.Reminders == 3 })
	s.orders(item.Order{Do: item.Resume})
	s.life("the end of the ladder", func(l item.Life) bool { return l.Plan.Exhausted && l.Plan.At.IsZero() && len(l.Unrecorded) == 0 })
	s.goesOn()
}

func endPasses(s *scene) {
	s.announces(3 * time.Second)
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/closed"}, s.part().recorded)
}

// The second mail is the last before the end; the Item breaks after it.
func endBreaks(s *scene) {
	s.announces(3 * time.Second)
	s.in(item.LoginRequired, item.Credentials)
	s.reminded(1)
	s.goesOn()
}

// The bank is down when the end is there.
func endUndecided(s *scene) {
	s.announces(3 * time.Second)
	s.life("an open question", asking)
	s.says(fine)
	s.ended()
}

// A consent that ends further ahead than the horizon is no end yet; as time passes, it is one. Then it moves far ahead.
func consentNear(s *scene) {
	horizon := s.rules.Durations.ExpiryHorizon
	ends := time.Now().UTC().Add(horizon + 1500*time.Millisecond)
	s.says(item.Truth{ConsentExpiresAt: ends})
	s.looks()
	s.asked(1)
	s.life("rest", restful)
	require.NoError(s.t, outside.Await(s.ctx, "the end to be near", func(context.Context) (bool, error) {
		return time.Until(ends) < horizon, nil
	}))
	s.looks()
	s.in(item.Expiring, item.ConsentExpiring)
	s.says(item.Truth{ConsentExpiresAt: ends.Add(time.Hour)})
	s.looks()
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/closed"}, s.part().recorded)
}

// A consent that moves a little has not moved; one that moves further, and is near still, is a new end.
func consentMoves(s *scene) {
	ends, shift := time.Now().UTC().Add(10*time.Second), s.rules.Durations.MinShift
	s.says(item.Truth{ConsentExpiresAt: ends})
	s.looks()
	s.reminded(1)
	s.says(item.Truth{ConsentExpiresAt: ends.Add(shift / 2)})
	s.looks()
	s.asked(2)
	s.life("rest", restful)
	s.says(item.Truth{ConsentExpiresAt: ends.Add(shift + 2*time.Second)})
	s.looks()
	s.life("another end", func(l item.Life) bool { return l.Ending.At.After(ends) && len(l.Unrecorded) == 0 })
	s.opens(long)
	s.says(item.Truth{ConsentExpiresAt: ends.Add(time.Hour), RelinkedAt: time.Now().UTC()})
	require.Equal(s.t, item.Connected, s.finishes().State)
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/changed-1", "1/closed"}, s.part().recorded)
}

func everyChangeOfState(s *scene) {
	for _, c := range []struct {
		truth item.Truth
		state item.State
		cause item.Cause
	}{
		{broke, item.LoginRequired, item.Credentials},
		{item.Truth{ErrorCode: "ITEM_LOCKED"}, item.LoginRequired, item.BankAction},
		{revoked, item.Revoked, item.ConsentRevoked},
		{item.Truth{ErrorCode: "MFA_NOT_SUPPORTED"}, item.Revoked, item.NotSupported},
		{broke, item.LoginRequired, item.Credentials},
	} {
		s.says(c.truth)
		s.looks()
		s.in(c.state, c.cause)
	}
	s.announces(long)
	for _, c := range []struct {
		truth item.Truth
		state item.State
		cause item.Cause
	}{
		{fine, item.Expiring, item.ConsentExpiring},
		{revoked, item.Revoked, item.ConsentRevoked},
		{fine, item.Expiring, item.ConsentExpiring},
		{broke, item.LoginRequired, item.Credentials},
	} {
		s.says(c.truth)
		s.looks()
		s.in(c.state, c.cause)
	}
	s.says(item.Truth{Gone: true})
	s.looks()
	s.ended()
	require.Equal(s.t, "1/removed", s.part().recorded[len(s.part().recorded)-1])
}

func removedByAPerson(s *scene) {
	s.breaks()
	s.orders(item.Order{Do: item.RemoveIt})
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/ordered-1", "1/removed"}, s.part().recorded)
}

func bankAsksEveryTime(s *scene) {
	s.says(item.Truth{ErrorCode: broke.ErrorCode, UserPresent: true})
	s.looks()
	s.life("a person to be called", func(l item.Life) bool { return l.Plan.Exhausted && len(l.Unrecorded) == 0 })
	require.Empty(s.t, s.part().mails)
	s.goesOn()
}

// A hold ends by its timer, by its release, and when a person resumes.
func holdEnds(s *scene) {
	s.says(broke)
	s.webhook("ITEM/ERROR")
	held := func(times int) func(item.Life) bool {
		return func(l item.Life) bool {
			return len(s.part().mails) >= times && l.Sending == item.Letter{} && l.Hold.Until.After(time.Now())
		}
	}
	s.life("the second hold", held(2))
	s.orders(item.Order{Do: item.Release})
	s.life("the third hold", held(3))
	s.orders(item.Order{Do: item.Resume})
	s.reminded(1)
	s.goesOn()
}

func mailStuck(s *scene) {
	s.says(broke)
	s.webhook("ITEM/ERROR")
	s.reminded(1)
	require.Len(s.t, s.part().mails, 2)
	s.goesOn()
}

func mailSuppressed(s *scene) {
	s.says(broke)
	s.webhook("ITEM/ERROR")
	s.life("a person to be called", func(l item.Life) bool { return l.Plan.Exhausted && l.Plan.At.IsZero() && len(l.Unrecorded) == 0 })
	require.Equal(s.t, []string{"1/opened", "1/escalated"}, s.part().recorded)
	s.goesOn()
}

// The first mail fails, the second is only recorded, and before the third the Item turns out to be healthy.
func mailOutcomes(s *scene) {
	s.says(broke)
	s.webhook("ITEM/ERROR")
	s.ended()
	require.Len(s.t, s.part().mails, 3)
	require.Equal(s.t, []string{"1/opened", "1/closed"}, s.part().recorded)
}
