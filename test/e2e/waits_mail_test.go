package e2e

import (
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

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

// The wait for a reminder ends by a merchant's request, by an operator's, and by new plans.
func ladderReplanned(s *scene) {
	s.breaks()
	s.hints(item.Hint{Source: item.FromPortal, Code: item.NewLinkRequested})
	s.reminded(2)
	s.command(item.OperatorCommand{Do: item.Remind})
	s.reminded(3)
	s.hints(item.Hint{Source: item.FromOperator, Code: item.MerchantChanged})
	s.command(item.OperatorCommand{Do: item.Replan})
	s.life("the end of the ladder", func(l item.Life) bool { return l.Plan.Exhausted && l.Plan.At.IsZero() })
	s.goesOn()
}

// A snooze ends by its timer and by a resume. A pause ends only by a resume, and during it an operator's own mail is
// sent.
func snoozeAndPause(s *scene) {
	s.breaks()
	s.command(item.OperatorCommand{Do: item.Snooze, Until: time.Now().UTC().Add(2 * time.Second)})
	s.reminded(2)
	s.command(item.OperatorCommand{Do: item.Snooze, Until: time.Now().UTC().Add(long)})
	s.command(item.OperatorCommand{Do: item.Resume})
	s.life("no snooze", func(l item.Life) bool { return l.SnoozedUntil.IsZero() })
	s.command(item.OperatorCommand{Do: item.Pause})
	s.life("a pause", func(l item.Life) bool { return l.Paused && len(l.Unrecorded) == 0 })
	s.command(item.OperatorCommand{Do: item.Remind})
	s.life("a person's own reminder", func(l item.Life) bool { return l.Reminders == 3 })
	s.command(item.OperatorCommand{Do: item.Resume})
	s.life("the end of the ladder", func(l item.Life) bool { return l.Plan.Exhausted && l.Plan.At.IsZero() && len(l.Unrecorded) == 0 })
	s.goesOn()
}

func bankAsksEveryTime(s *scene) {
	s.says(item.PlaidStatus{ErrorCode: broke.ErrorCode, UserPresent: true})
	s.looks()
	s.life("a person to be called", func(l item.Life) bool { return l.Plan.Exhausted && len(l.Unrecorded) == 0 })
	require.Empty(s.t, s.part().mails)
	s.goesOn()
}

// A hold ends by its timer, by its release and by a resume.
func holdEnds(s *scene) {
	s.says(broke)
	s.webhook("ITEM/ERROR")
	held := func(times int) func(item.Life) bool {
		return func(l item.Life) bool {
			return len(s.part().mails) >= times && l.Sending == item.MailRef{} && l.Hold.Until.After(time.Now())
		}
	}
	s.life("the second hold", held(2))
	s.command(item.OperatorCommand{Do: item.Release})
	s.life("the third hold", held(3))
	s.command(item.OperatorCommand{Do: item.Resume})
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

// The first mail fails, the second is only recorded, and before the third the Item is healthy.
func mailOutcomes(s *scene) {
	s.says(broke)
	s.webhook("ITEM/ERROR")
	s.ended()
	require.Len(s.t, s.part().mails, 3)
	s.closed()
}
