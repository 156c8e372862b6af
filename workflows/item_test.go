package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"relink/internal/item"
	"relink/workflows"
)

const (
	day   = 24 * time.Hour
	login = "ITEM_LOGIN_REQUIRED"
)

var dataConverter = converter.GetDefaultDataConverter()

func errorAs[T error](err error, target *T) bool { return errors.As(err, target) }

func reminder(incident, step int) item.MailRef {
	return item.MailRef{Kind: item.Reminder, Incident: incident, Step: step}
}

func fresh() workflows.Input { return workflows.Input{ItemID: itemID} }

func TestItem_hintOpensAnIncidentAndMailsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.after(0, func() { f.hint(errorHint(7)) })
	f.after(time.Hour, func() {
		s := f.status()
		require.Equal(t, "Blue Bottle · First Platypus Bank", s.Name)
		require.Equal(t, item.LoginRequired, s.Life.State)
		require.Equal(t, item.Plan{Step: 2, At: s.Life.BrokenSince.Add(2 * day)}, s.Life.Plan)
	})
	f.run(fresh(), 2*time.Hour)
	require.Equal(t, []string{"1/opened"}, f.keys())
	require.Equal(t, []int64{7}, f.transitions[0].InboxIDs)
	require.Equal(t, []item.MailRef{reminder(1, 1)}, f.mails())
}

func TestItem_ladderEndsInAPersonAndTheItemGoesOnWaiting(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	began := f.env.Now()
	f.after(0, func() { f.hint(errorHint(1)) })
	f.run(fresh(), 60*day)
	require.Equal(t, []item.MailRef{reminder(1, 1), reminder(1, 2), reminder(1, 3), reminder(1, 4)}, f.mails())
	for i, after := range []time.Duration{0, 2 * day, 5 * day, 9 * day} {
		require.WithinDuration(t, began.Add(after), f.mailed[i].at, time.Minute)
	}
	require.Equal(t, []string{"1/opened", "1/escalated"}, f.keys())
	require.LessOrEqual(t, f.asked, 5, "60 days of waiting cost no more questions than mails, plus the hint's")
}

func TestItem_healedBeforeAReminderIsNotMailed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(day, func() { f.says("") })
	carried := f.run(fresh(), 30*day)
	require.Equal(t, []item.MailRef{reminder(1, 1)}, f.mails())
	require.Equal(t, []string{"1/opened", "1/closed"}, f.keys())
	require.NotNil(t, carried, "the run ends with the incident")
	require.Equal(t, itemRef, carried.Item)
	require.True(t, carried.Life.Idle())
	require.Equal(t, 1, carried.Life.Incident)
}

func TestItem_healingCallsBackAMailInItsRetries(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.mailServer(errors.New("connection refused"))
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(6*time.Minute, func() {
		f.says("")
		f.hint(item.Hint{Source: item.FromWebhook, Code: "ITEM/LOGIN_REPAIRED", InboxIDs: []int64{2}})
	})
	f.after(8*time.Minute, func() { f.mailServer(nil) }) // before the next try, and before the suite gives up after ten
	carried := f.run(fresh(), 3*day)
	require.Empty(t, f.mails())
	require.NotNil(t, carried)
}

func TestItem_carriedLifeIsNotLoaded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	life := item.Life{State: item.Connected, Incident: 4, Sending: reminder(4, 1)}
	f.after(time.Hour, func() {
		s := f.status()
		require.Equal(t, 4, s.Life.Incident)
		require.Equal(t, item.MailRef{}, s.Life.Sending, "nothing is under way in a fresh run")
	})
	f.run(workflows.Input{ItemID: itemID, Carried: &workflows.Carried{Item: itemRef, Life: life}}, day)
	require.Zero(t, f.loads)
	require.Zero(t, f.asked, "an idle Item costs nothing")
}

func TestItem_withoutCarriedLifeGoesOnFromItsRecords(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.life = item.Life{State: item.LoginRequired, Cause: item.Credentials, Incident: 3, BrokenSince: f.env.Now().Add(-day), Reminders: 1}
	f.mailed = []sentMail{{reminder(3, 1), f.env.Now().Add(-day)}}
	f.run(fresh(), 1*day+time.Hour)
	require.Equal(t, []item.MailRef{reminder(3, 1), reminder(3, 2)}, f.mails(), "the ladder goes on where it was")
	require.Empty(t, f.keys(), "the incident is the one that is recorded")
}

func completed(t *testing.T, f *fixture, id int64, then func(workflows.Standing)) {
	t.Helper()
	f.env.UpdateWorkflow(workflows.UpdateCompleted, "", &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { require.NoError(t, err) },
		OnComplete: func(result any, err error) {
			require.NoError(t, err)
			standing, ok := result.(workflows.Standing)
			require.True(t, ok)
			then(standing)
		},
	}, item.Hint{Source: item.FromPortal, Code: item.LinkFinished, InboxIDs: []int64{id}})
}

func opened(f *fixture, id int64) item.Hint {
	return item.Hint{Source: item.FromPortal, Code: item.LinkOpened, InboxIDs: []int64{id}, Until: f.env.Now().Add(30 * time.Minute)}
}

func TestItem_completedLinkGetsPlaidsAnswerAndThanks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(time.Hour, func() { f.hint(opened(f, 2)) })
	var standing workflows.Standing
	f.after(time.Hour+time.Minute, func() {
		f.says("")
		completed(t, f, 3, func(s workflows.Standing) { standing = s })
	})
	carried := f.run(fresh(), day)
	require.Equal(t, workflows.Standing{State: item.Connected, Incident: 1}, standing)
	require.Equal(t, []item.MailRef{reminder(1, 1), {Kind: item.Reconnected, Incident: 1}}, f.mails())
	require.NotNil(t, carried)
	require.Zero(t, carried.Life.OwesReconnectedMail)
}

func TestItem_browserAloneHealsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.after(0, func() { f.hint(errorHint(1)) })
	var standing workflows.Standing
	f.after(time.Hour, func() { completed(t, f, 3, func(s workflows.Standing) { standing = s }) })
	f.run(fresh(), day)
	require.Equal(t, item.LoginRequired, standing.State)
	require.True(t, standing.Verifying)
	require.Equal(t, []string{"1/opened"}, f.keys())
}

func TestItem_updateRefusesAHintOfAnotherKind(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	rejected := false
	f.after(time.Hour, func() {
		f.env.UpdateWorkflow(workflows.UpdateCompleted, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnComplete: func(any, error) {},
			OnReject: func(err error) { rejected = true; require.ErrorContains(t, err, item.LinkFinished) },
		}, opened(f, 1))
	})
	f.run(fresh(), day)
	require.True(t, rejected)
}

func TestItem_mailsPauseWhileLinkIsOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.mailServer(errors.New("greylisted"))
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(10*time.Minute, func() { f.hint(opened(f, 2)) })
	f.after(11*time.Minute, func() { f.mailServer(nil) })
	f.after(39*time.Minute, func() { require.Empty(t, f.mails(), "mailed while Link was open") })
	f.after(41*time.Minute, func() { require.Equal(t, []item.MailRef{reminder(1, 1)}, f.mails()) })
	f.run(fresh(), time.Hour)
	require.Len(t, f.mails(), 1)
}

func TestItem_serversSuggestionEndsTheRunAndOwesItsMailToTheNext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.mailServer(errors.New("down"))
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(time.Hour, func() {
		f.env.SetContinueAsNewSuggested(true)
		f.hint(errorHint(2))
	})
	carried := f.run(fresh(), day)
	require.NotNil(t, carried)
	require.Equal(t, item.MailRef{}, carried.Life.Sending)
	require.Equal(t, item.LoginRequired, carried.Life.State)
	require.True(t, carried.Life.Plan.IsZero(), "planned anew by the next run, from what was really sent")
}

func TestItem_signalsThatWaitWhenTheRunEndsAreNotLost(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.after(time.Hour, func() {
		f.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalHint, workflows.Hints{Hints: []item.Hint{errorHint(41)}})
		f.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalHint, workflows.Hints{Hints: []item.Hint{errorHint(42)}})
	})
	f.after(time.Hour+time.Second, func() {
		f.env.SetContinueAsNewSuggested(true)
		f.hint(errorHint(43))
	})
	carried := f.run(fresh(), day)
	require.NotNil(t, carried)
	require.True(t, f.asked > 0 || carried.Life.NeedsQuery, "a hint was lost")
	if carried.Life.NeedsQuery {
		require.Subset(t, carried.Life.Evidence, []int64{43})
	}
}

func TestItem_removalEndsTheWorkflow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.after(time.Hour, func() { f.hint(errorHint(1)) })
	f.removeAtPlaid()
	require.Nil(t, f.run(fresh(), day))
	require.NoError(t, f.env.GetWorkflowError())
	require.Equal(t, item.Removed, f.transitions[0].To)
}
