package e2e

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"relink/activities"
	"relink/internal/item"
)

// Plaid's statuses, and its refusal.
var (
	fine    = item.PlaidStatus{}
	broke   = item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}
	revoked = item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}
	down    = item.PlaidStatus{ErrorCode: "INSTITUTION_DOWN"}
	refused = temporal.NewNonRetryableApplicationError("plaid: INVALID_FIELD (status 400)", activities.ErrTypeRefused, nil)
)

// suppressed is the fate of a mail to an address that must not be mailed.
var suppressed = activities.Sent{Outcome: item.MailSuppressed, Why: "the merchant wants no more mails"}

// long is longer than any of these tests waits.
const long = 10 * time.Minute

// asking reports whether the workflow waits for its next query.
func asking(l item.Life) bool { return !l.AskAt.IsZero() && !l.NeedsQuery }

// restful reports whether no query is open or owed, and no mail is being sent.
func restful(l item.Life) bool {
	return l.AskAt.IsZero() && !l.NeedsQuery && l.Contradiction == item.Contradiction{} && l.Sending == item.MailRef{}
}

// waits are all kinds of waits, with every way in which each can end.
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
	"end-breaks":                    {play: endBreaks},
	"end-undecided":                 {play: endUndecided},
	"consent-near":                  {play: consentNear},
	"consent-moves":                 {play: consentMoves},
	"every-change-of-state":         {play: everyChangeOfState},
	"removed-by-a-person":           {play: removedByAPerson},
	"bank-asks-every-time":          {play: bankAsksEveryTime},
	"hold-ends":                     {holdEnds, []fate{{hold: 1200 * time.Millisecond}, {hold: long}, {hold: long}}},
	"mail-stuck":                    {mailStuck, []fate{{err: refused}}},
	"mail-suppressed":               {mailSuppressed, []fate{{sent: suppressed}}},
	"mail-outcomes": {mailOutcomes, []fate{
		{sent: activities.Sent{Outcome: item.MailFailed}},
		{sent: activities.Sent{Outcome: item.MailShadowed}},
		{sent: activities.Sent{Outcome: item.MailUnneeded}, then: &fine},
	}},
}

// TestWaits_replay ends every kind of wait in every way, also by its timer. It checks the results of each;
// workflows.TestHistories_holdEveryKindOfTimer checks which timers fired in the recorded histories.
func TestWaits_replay(t *testing.T) {
	t.Parallel()
	s := startScripted(t)
	// All run at once, because they mostly wait, and the limit of parallel tests is meant for those that work. For a
	// recording they run one by one, because a timer that fires late does not show when it was due.
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

// The pause after an undecided status ends by a hint, by a command, by its timer, and by an update.
func undecided(s *scene) {
	s.says(down)
	s.looks()
	s.asked(1)
	s.life("an open question", asking)
	s.looks()
	s.asked(2)
	s.life("an open question", asking)
	s.command(item.OperatorCommand{Do: item.Recheck})
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

// The pause after a failed query ends by a hint, and by its timer.
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

// A second webhook begins the waits anew; then Plaid confirms it.
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

// The incident closes while a query is open: the run continues until the query is decided.
func contradictedAfterIncident(s *scene) {
	s.breaks()
	s.says(fine)
	s.webhook("ITEM/ERROR")
	s.in(item.Connected, "")
	s.ended()
	s.closed()
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
	s.closed()
	mails := s.part().mails
	require.Equal(s.t, item.MailRef{Kind: item.Reconnected, Incident: 1}, mails[len(mails)-1].ref)
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
