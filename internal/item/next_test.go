package item_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestNext_asksPlaidBeforeAReminderGoesOut(t *testing.T) {
	t.Parallel()
	due := noon.Add(2 * day)
	l := waitingForMail(noon, item.Plan{Step: 2, At: due})
	require.Equal(t, due, rules.Next(l, noon).Until)
	require.Equal(t, item.Ask, rules.Next(l, due).Do)
	l = fold(l, item.AskStarted{}, answered(due, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.Action{Do: item.Send, Mail: reminder(2)}, rules.Next(l, due))
}

func TestNext_dueReminderWaitsForTheOpenQuestion(t *testing.T) {
	t.Parallel()
	due := noon.Add(2 * day)
	l := waitingForMail(noon, item.Plan{Step: 2, At: due})
	for name, events := range map[string][]item.Event{
		"the bank is down":             {answered(due, "INSTITUTION_DOWN")},
		"plaid does not confirm a fix": {portal(item.LinkFinished, 1, time.Time{}), answered(due, "ITEM_LOGIN_REQUIRED")},
	} {
		l := fold(l, slices.Insert(events, len(events)-1, item.Event(item.AskStarted{}))...)
		next := rules.Next(l, due)
		require.Equal(t, item.Action{Do: item.Wait, Until: l.AskAt}, next, name)
		require.True(t, next.Until.After(due), name)
		require.Equal(t, item.Ask, rules.Next(l, next.Until).Do, name)
	}
}

func TestNext_healedElsewhereGetsNoReminderAndNoThanks(t *testing.T) {
	t.Parallel()
	due := noon.Add(2 * day)
	l := fold(waitingForMail(noon, item.Plan{Step: 2, At: due}), item.AskStarted{}, answered(due, ""), item.Recorded{Count: 1})
	require.True(t, l.Idle(), "healed elsewhere closes silently: %+v", l)
}

func TestNext_thanksAMerchantWhoCameBackThroughLink(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1},
		portal(item.LinkOpened, 2, noon.Add(30*time.Minute)), portal(item.LinkFinished, 3, time.Time{}),
		item.AskStarted{}, answered(noon, ""), item.Recorded{Count: 1})
	thanks := item.MailRef{Kind: item.Reconnected, Incident: 1}
	require.Equal(t, item.Action{Do: item.Send, Mail: thanks}, rules.Next(l, noon))
	l = fold(l, item.MailStarted{Mail: thanks}, item.MailEnded{Mail: thanks, Outcome: item.MailSent})
	require.True(t, l.Idle())
}

func TestNext_openLinkPausesMailsAndPlaidIsAskedAtItsEnd(t *testing.T) {
	t.Parallel()
	end := noon.Add(30 * time.Minute)
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), portal(item.LinkOpened, 2, end))
	require.Equal(t, item.Action{Do: item.Wait, Until: end}, rules.Next(l, noon))
	require.Equal(t, item.Ask, rules.Next(l, end).Do)
	l = fold(l, item.AskStarted{}, answered(end, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.Send, rules.Next(l, end).Do, "who gave up is reminded again")
}

func TestNext_waitsForAMailUnderWay(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), item.MailStarted{Mail: reminder(1)})
	require.Equal(t, item.Wait, rules.Next(l, noon).Do)
}

func TestNext_hostedLinkPausesNoMails(t *testing.T) {
	t.Parallel()
	due := noon.Add(2 * day)
	waiting := waitingForMail(noon, item.Plan{Step: 2, At: due})
	l := fold(waiting, portal(item.LinkOpened, 7, time.Time{}))
	require.Equal(t, rules.Next(waiting, noon), rules.Next(l, noon), "the end of that page is not reported")
	require.Equal(t, 1, l.LinkAttempts)
}

func TestNext_newLinkRequestedIsMailedOnceAfterAQuestion(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 2, At: noon.Add(2 * day)}),
		portal(item.LinkOpened, 7, noon.Add(30*time.Minute)), portal(item.NewLinkRequested, 8, time.Time{}))
	require.Equal(t, item.Ask, rules.Next(l, noon).Do)
	l = fold(l, item.AskStarted{}, answered(noon, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.MakePlan, rules.Next(l, noon).Do)
	l = fold(l, item.Planned{Incident: 1, Plan: item.Plan{Step: 2, At: noon}, At: noon})
	require.Equal(t, item.MailRef{Kind: item.Reminder, Incident: 1, Step: 2, SendNow: true}, rules.Next(l, noon).Mail)

	healthy := fold(l, portal(item.NewLinkRequested, 9, time.Time{}), item.AskStarted{}, answered(noon, ""))
	require.NotEqual(t, item.Reminder, rules.Next(healthy, noon).Mail.Kind)
	require.False(t, fold(item.Life{State: item.Connected}, portal(item.NewLinkRequested, 1, time.Time{})).SendNow)
}
