package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func held(until time.Time) item.MailEnded {
	return item.MailEnded{Mail: reminder(1), Outcome: item.MailHeld, At: noon, Until: until, Why: "the bank is down"}
}

func waitingForMail(at time.Time, plan item.Plan) item.Life {
	return fold(broken(at), item.Recorded{Count: 1}, item.Planned{Incident: 1, Plan: plan, At: at})
}

func reminder(step int) item.MailRef {
	return item.MailRef{Kind: item.Reminder, Incident: 1, Step: step}
}

func TestMailEnded_heldIsPlannedAgainWhenItsHoldEnds(t *testing.T) {
	t.Parallel()
	l := waitingForMail(noon, item.Plan{Step: 1, At: noon})
	l = fold(l, item.MailStarted{Mail: reminder(1)}, held(noon.Add(30*time.Minute)))
	require.Equal(t, item.Action{Do: item.Wait, Until: noon.Add(30 * time.Minute)}, rules.Next(l, noon))
	require.Equal(t, item.MakePlan, rules.Next(l, noon.Add(30*time.Minute)).Do)
	require.Zero(t, l.Reminders, "no step is used up")
}

func TestMailEnded_heldEndsAPersonsWish(t *testing.T) {
	t.Parallel()
	wanted := item.MailRef{Kind: item.Reminder, Incident: 1, Step: 1, SendNow: true}
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), issued(item.Remind, time.Time{}), item.Recorded{Count: 1},
		item.Planned{Incident: 1, Plan: item.Plan{Step: 1, At: noon}, At: noon}, item.MailStarted{Mail: wanted},
		item.MailEnded{Mail: wanted, Outcome: item.MailHeld, At: noon, Until: noon.Add(time.Hour)})
	require.Equal(t, item.Wait, rules.Next(l, noon).Do, "it must not be tried again and again")
}

func TestMailEnded_shadowedUsesUpItsStep(t *testing.T) {
	t.Parallel()
	l := waitingForMail(noon, item.Plan{Step: 1, At: noon})
	l = fold(l, item.MailStarted{Mail: reminder(1)}, item.MailEnded{Mail: reminder(1), Outcome: item.MailShadowed, At: noon})
	require.Equal(t, 1, l.Reminders)
}

func TestEscalationDue_callsAPersonOnceAfterTheLastWait(t *testing.T) {
	t.Parallel()
	due := noon.Add(11 * day)
	over := item.Plan{Exhausted: true, At: due, Why: "the ladder is over"}
	l := fold(broken(noon), item.Recorded{Count: 1}, item.Planned{Incident: 1, Sent: 4, Plan: over, At: noon})
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

func TestMailEnded_sentTwiceUsesUpOneStep(t *testing.T) {
	t.Parallel()
	sent := item.MailEnded{Mail: reminder(1), Outcome: item.MailSent}
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), item.MailStarted{Mail: reminder(1)}, sent, sent)
	require.Equal(t, 1, l.Reminders)
	require.Equal(t, item.MakePlan, rules.Next(l, noon).Do)
}

func TestMailEnded_ofAnOldIncidentChangesNothing(t *testing.T) {
	t.Parallel()
	l := waitingForMail(noon, item.Plan{Step: 1, At: noon})
	old := item.MailRef{Kind: item.Reminder, Incident: 0, Step: 1}
	require.Equal(t, l, fold(l, item.MailEnded{Mail: old, Outcome: item.MailSent}))
}

func TestPlanned_forAnOldIncidentIsIgnored(t *testing.T) {
	t.Parallel()
	l := broken(noon)
	require.Equal(t, l, fold(l, item.Planned{Incident: 0, Plan: item.Plan{Step: 3, At: noon}}))
}

func TestPlanned_exhaustedEscalatesOnce(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, item.Planned{Incident: 1, Sent: 4, Plan: item.Plan{Exhausted: true}, At: noon})
	require.Equal(t, "1/escalated", l.Unrecorded[0].Key())
	l = fold(l, item.Recorded{Count: 1})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, noon), "the Item goes on waiting without a timer")
}

func TestMailEnded_stuckIsTriedAgainLaterNotAtOnce(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), item.MailStarted{Mail: reminder(1)},
		item.MailEnded{Mail: reminder(1), Outcome: item.MailStuck, At: noon})
	require.Equal(t, item.Action{Do: item.Wait, Until: noon.Add(15 * time.Minute)}, rules.Next(l, noon))
}

func TestMailEnded_cancelledThanksAreStillOwed(t *testing.T) {
	t.Parallel()
	thanks := item.MailRef{Kind: item.Reconnected, Incident: 1}
	l := item.Life{State: item.Connected, Incident: 1, OwesReconnectedMail: 1}
	l = fold(l, item.MailStarted{Mail: thanks}, item.MailEnded{Mail: thanks, Outcome: item.MailCancelled, At: noon})
	require.Equal(t, item.Send, rules.Next(l, noon).Do, "a run that ends under way owes the mail to the next one")
}

func TestMailEnded_suppressedIsPlannedAgainAndThenAPersonIsCalledOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	mail := item.MailRef{Kind: item.Reminder, Incident: 1, Step: 2, SendNow: true}
	l := item.Life{
		State: item.LoginRequired, Incident: 1, BrokenSince: now, AnsweredAt: now, Reminders: 1, SendNow: true,
		Plan: item.Plan{Step: 2, At: now}, Sending: mail,
	}
	l = rules.Apply(l, item.MailEnded{Mail: mail, Outcome: item.MailSuppressed, At: now})
	require.Equal(t, item.MakePlan, rules.Next(l, now).Do)
	require.Equal(t, 1, l.Reminders, "the step is not used up")

	over := item.Plan{Exhausted: true, Suppressed: true, Why: "the merchant wants no more mails"}
	l.SendNow = true
	l = rules.Apply(l, item.Planned{Incident: 1, Sent: 1, Plan: over, At: now})
	require.False(t, l.SendNow, "no mail will fulfil the wish")
	require.Len(t, l.Unrecorded, 1)
	require.Equal(t, item.Escalated, l.Unrecorded[0].Step)
	l = rules.Apply(l, item.Recorded{Count: 1})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, now), "it waits on, for nothing but news")

	l = rules.Apply(l, item.CommandIssued{Command: item.OperatorCommand{Do: item.Replan}, At: now})
	require.Equal(t, item.MakePlan, rules.Next(l, now).Do, "the address may be mailed again")
}

func TestMailEnded_suppressedThanksAreOver(t *testing.T) {
	t.Parallel()
	thanks := item.MailRef{Kind: item.Reconnected, Incident: 3}
	l := item.Life{State: item.Connected, Incident: 3, OwesReconnectedMail: 3, Sending: thanks}
	l = rules.Apply(l, item.MailEnded{Mail: thanks, Outcome: item.MailSuppressed})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, time.Now()), "they are not tried for ever")
}
