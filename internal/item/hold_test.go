package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func held(until time.Time) item.MailEnded {
	return item.MailEnded{Letter: reminder(1), Outcome: item.MailHeld, At: noon, Until: until, Why: "the bank is down"}
}

func TestAHeldMailIsPlannedAnewWhenItsHoldEnds(t *testing.T) {
	t.Parallel()
	l := waitingForMail(noon, item.Plan{Step: 1, At: noon})
	l = fold(l, item.MailStarted{Letter: reminder(1)}, held(noon.Add(30*time.Minute)))
	require.Equal(t, item.Action{Do: item.Wait, Until: noon.Add(30 * time.Minute)}, rules.Next(l, noon))
	require.Equal(t, item.MakePlan, rules.Next(l, noon.Add(30*time.Minute)).Do)
	require.Zero(t, l.Reminders, "no step is used up")
}

func TestHeldThoughAPersonWantedItTheWishIsOver(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), ordered(item.Remind, time.Time{}), item.Recorded{Count: 1},
		item.Planned{Incident: 1, Plan: item.Plan{Step: 1, At: noon}, At: noon}, item.MailStarted{Letter: item.Letter{Kind: item.Reminder, Incident: 1, Step: 1, Asked: true}})
	l = fold(l, item.MailEnded{Letter: item.Letter{Kind: item.Reminder, Incident: 1, Step: 1, Asked: true}, Outcome: item.MailHeld, At: noon, Until: noon.Add(time.Hour)})
	require.Equal(t, item.Wait, rules.Next(l, noon).Do, "it must not be tried again and again")
}

func TestAShadowedMailUsesItsStep(t *testing.T) {
	t.Parallel()
	l := waitingForMail(noon, item.Plan{Step: 1, At: noon})
	l = fold(l, item.MailStarted{Letter: reminder(1)}, item.MailEnded{Letter: reminder(1), Outcome: item.MailShadowed, At: noon})
	require.Equal(t, 1, l.Reminders)
}

func TestAPersonIsCalledWhenTheLastWaitIsOverAndPlaidStillSaysSo(t *testing.T) {
	t.Parallel()
	due := noon.Add(11 * day)
	l := fold(broken(noon), item.Recorded{Count: 1}, item.Planned{Incident: 1, Sent: 4, Plan: item.Plan{Exhausted: true, At: due, Why: "the ladder is over"}, At: noon})
	require.Equal(t, item.Action{Do: item.Wait, Until: due}, rules.Next(l, noon))
	require.Equal(t, item.Ask, rules.Next(l, due).Do)
	l = fold(l, item.AskStarted{}, answered(due, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.Escalate, rules.Next(l, due).Do)
	l = fold(l, item.EscalationDue{At: due}, item.EscalationDue{At: due})
	require.Len(t, l.Unrecorded, 1, "once")
	require.Equal(t, "the ladder is over", l.Unrecorded[0].Why)
	l = fold(l, item.Recorded{Count: 1})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, due), "the Item goes on waiting, without a timer")
}
