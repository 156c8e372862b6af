package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func issued(command item.Command, until time.Time) item.CommandIssued {
	return item.CommandIssued{Command: item.OperatorCommand{Do: command, Until: until, By: "olga"}, At: noon}
}

func TestHinted_byAnOperatorPlansAgainOrRemovesAndAsksPlaidNothing(t *testing.T) {
	t.Parallel()
	waits := fold(connected(), answered(noon, "ITEM_LOGIN_REQUIRED"), item.Recorded{Count: 1})
	waits.Plan = item.Plan{Step: 1, At: noon.Add(time.Hour)}
	changed := item.Hinted{Hint: item.Hint{Source: item.FromOperator, Code: item.MerchantChanged, InboxIDs: []int64{7}}}
	l := fold(waits, changed)
	require.True(t, l.Plan.IsZero())
	require.False(t, l.NeedsQuery)

	removal := item.Hinted{Hint: item.Hint{Source: item.FromOperator, Code: item.RemoveAsked, At: noon.Add(time.Hour)}}
	l = fold(waits, removal)
	require.True(t, l.RemoveOwed)
	require.Equal(t, noon.Add(time.Hour), l.Unrecorded[0].At)

	for _, from := range []item.Source{item.FromWebhook, item.FromPortal} {
		removal.Hint.Source = from
		require.False(t, fold(waits, removal).RemoveOwed, "nobody else's word removes an Item")
	}
}

func TestCommandIssued_remindGoesOutNowThoughMailsRest(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 2, At: noon.Add(2 * day)}), issued(item.Snooze, noon.Add(9*day)),
		item.Recorded{Count: 1})
	require.Equal(t, item.Action{Do: item.Wait, Until: noon.Add(9 * day)}, rules.Next(l, noon))
	l = fold(l, issued(item.Remind, time.Time{}), item.Recorded{Count: 1})
	require.Equal(t, item.MakePlan, rules.Next(l, noon).Do)
	l = fold(l, item.Planned{Incident: 1, Kind: item.Reminder, Sent: 1, Plan: item.Plan{Step: 2, At: noon}, At: noon})
	next := rules.Next(l, noon)
	require.Equal(t, item.Send, next.Do)
	require.True(t, next.Mail.SendNow)
	l = fold(l, item.MailStarted{Mail: next.Mail}, item.MailEnded{Mail: next.Mail, Outcome: item.MailSent, At: noon})
	require.Equal(t, noon.Add(9*day), rules.Next(l, noon).Until, "the snooze goes on")
}

func TestCommandIssued_pauseLastsUntilResume(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 2, At: noon.Add(2 * day)}), issued(item.Pause, time.Time{}), item.Recorded{Count: 1})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, noon.Add(100*day)))
	l = fold(l, issued(item.Resume, time.Time{}), item.Recorded{Count: 1})
	require.Equal(t, item.Ask, rules.Next(l, noon.Add(100*day)).Do, "and then Plaid is asked before anybody is mailed")
}

func TestCommandIssued_isRecorded(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, issued(item.Snooze, noon.Add(day)), issued(item.Pause, time.Time{}))
	require.Equal(t, "1/ordered-1", l.Unrecorded[0].Key())
	require.Equal(t, "snooze until 2026-11-23T12:00:00Z, by olga", l.Unrecorded[0].Why)
	require.Equal(t, "1/ordered-2", l.Unrecorded[1].Key())
}

func TestCommandIssued_removeIsDoneAtPlaidFirstAndThenFinal(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, issued(item.RemoveIt, time.Time{}), item.Recorded{Count: 1})
	require.Equal(t, item.Remove, rules.Next(l, noon).Do)
	l = fold(l, item.RemovedAtPlaid{At: noon})
	require.Equal(t, item.Removed, l.State)
	require.Equal(t, "1/removed", l.Unrecorded[0].Key())
	require.Equal(t, item.Finish, rules.Next(fold(l, item.Recorded{Count: 1}), noon).Do)
}

func TestCommandIssued_wrongCommandChangesNothing(t *testing.T) {
	t.Parallel()
	l := broken(noon)
	for _, o := range []item.OperatorCommand{{Do: "dance"}, {Do: item.Snooze}} {
		require.NotEmpty(t, o.Wrong())
		require.Equal(t, l, fold(l, item.CommandIssued{Command: o, At: noon}))
	}
}

func TestCommandIssued_replanForgetsAPlanThatIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 2, At: noon.Add(2 * day)}), issued(item.Replan, time.Time{}))
	require.Equal(t, item.MakePlan, rules.Next(l, noon).Do)
	over := fold(broken(noon), item.Recorded{Count: 1}, item.Planned{Incident: 1, Plan: item.Plan{Exhausted: true}, At: noon},
		item.Recorded{Count: 1}, issued(item.Replan, time.Time{}))
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(over, noon), "a person was called: that is not undone")
}

func TestCommandIssued_releaseEndsAHoldAndNoSnooze(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), item.MailStarted{Mail: reminder(1)}, held(noon.Add(time.Hour)))
	require.Equal(t, item.MakePlan, rules.Next(fold(l, issued(item.Release, time.Time{})), noon).Do)
	l = fold(l, issued(item.Snooze, noon.Add(day)), item.Recorded{Count: 1}, issued(item.Release, time.Time{}))
	require.Equal(t, noon.Add(day), rules.Next(l, noon).Until)
}
