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
	w := newWorld(t)
	w.says(login)
	w.after(0, func() { w.hint(errorHint(7)) })
	w.after(time.Hour, func() {
		s := w.status()
		require.Equal(t, "Blue Bottle · First Platypus Bank", s.Name)
		require.Equal(t, item.LoginRequired, s.Life.State)
		require.Equal(t, item.Plan{Step: 2, At: s.Life.BrokenSince.Add(2 * day)}, s.Life.Plan)
	})
	w.run(fresh(), 2*time.Hour)
	require.Equal(t, []string{"1/opened"}, w.keys())
	require.Equal(t, []int64{7}, w.transitions[0].InboxIDs)
	require.Equal(t, []item.MailRef{reminder(1, 1)}, w.letters())
}

func TestItem_ladderEndsInAPersonAndTheItemGoesOnWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	began := w.env.Now()
	w.after(0, func() { w.hint(errorHint(1)) })
	w.run(fresh(), 60*day)
	require.Equal(t, []item.MailRef{reminder(1, 1), reminder(1, 2), reminder(1, 3), reminder(1, 4)}, w.letters())
	for i, after := range []time.Duration{0, 2 * day, 5 * day, 9 * day} {
		require.WithinDuration(t, began.Add(after), w.mailed[i].at, time.Minute)
	}
	require.Equal(t, []string{"1/opened", "1/escalated"}, w.keys())
	require.LessOrEqual(t, w.asked, 5, "60 days of waiting cost no more questions than mails, plus the hint's")
}

func TestItem_healedBeforeAReminderIsNotMailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(day, func() { w.says("") })
	carried := w.run(fresh(), 30*day)
	require.Equal(t, []item.MailRef{reminder(1, 1)}, w.letters())
	require.Equal(t, []string{"1/opened", "1/closed"}, w.keys())
	require.NotNil(t, carried, "the run ends with the incident")
	require.Equal(t, card, carried.Item)
	require.True(t, carried.Life.Idle())
	require.Equal(t, 1, carried.Life.Incident)
}

func TestItem_healingCallsBackAMailInItsRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.mailServer(errors.New("connection refused"))
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(6*time.Minute, func() {
		w.says("")
		w.hint(item.Hint{Source: item.FromWebhook, Code: "ITEM/LOGIN_REPAIRED", InboxIDs: []int64{2}})
	})
	w.after(8*time.Minute, func() { w.mailServer(nil) }) // before the next try, and before the suite gives up after ten
	carried := w.run(fresh(), 3*day)
	require.Empty(t, w.letters())
	require.NotNil(t, carried)
}

func TestItem_carriedLifeIsNotLoaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	life := item.Life{State: item.Connected, Incident: 4, Sending: reminder(4, 1)}
	w.after(time.Hour, func() {
		s := w.status()
		require.Equal(t, 4, s.Life.Incident)
		require.Equal(t, item.MailRef{}, s.Life.Sending, "nothing is under way in a fresh run")
	})
	w.run(workflows.Input{ItemID: itemID, Carried: &workflows.Carried{Item: card, Life: life}}, day)
	require.Zero(t, w.loads)
	require.Zero(t, w.asked, "an idle Item costs nothing")
}

func TestItem_withoutCarriedLifeGoesOnFromWhatIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.life = item.Life{State: item.LoginRequired, Cause: item.Credentials, Incident: 3, BrokenSince: w.env.Now().Add(-day), Reminders: 1}
	w.mailed = []sentMail{{reminder(3, 1), w.env.Now().Add(-day)}}
	w.run(fresh(), 1*day+time.Hour)
	require.Equal(t, []item.MailRef{reminder(3, 1), reminder(3, 2)}, w.letters(), "the ladder goes on where it was")
	require.Empty(t, w.keys(), "the incident is the one that is recorded")
}

func completed(t *testing.T, w *world, id int64, then func(workflows.Standing)) {
	t.Helper()
	w.env.UpdateWorkflow(workflows.UpdateCompleted, "", &testsuite.TestUpdateCallback{
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

func opened(w *world, id int64) item.Hint {
	return item.Hint{Source: item.FromPortal, Code: item.LinkOpened, InboxIDs: []int64{id}, Until: w.env.Now().Add(30 * time.Minute)}
}

func TestItem_completedLinkGetsPlaidsAnswerAndThanks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(time.Hour, func() { w.hint(opened(w, 2)) })
	var standing workflows.Standing
	w.after(time.Hour+time.Minute, func() {
		w.says("")
		completed(t, w, 3, func(s workflows.Standing) { standing = s })
	})
	carried := w.run(fresh(), day)
	require.Equal(t, workflows.Standing{State: item.Connected, Incident: 1}, standing)
	require.Equal(t, []item.MailRef{reminder(1, 1), {Kind: item.Reconnected, Incident: 1}}, w.letters())
	require.NotNil(t, carried)
	require.Zero(t, carried.Life.OwesReconnectedMail)
}

func TestItem_browserAloneHealsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.after(0, func() { w.hint(errorHint(1)) })
	var standing workflows.Standing
	w.after(time.Hour, func() { completed(t, w, 3, func(s workflows.Standing) { standing = s }) })
	w.run(fresh(), day)
	require.Equal(t, item.LoginRequired, standing.State)
	require.True(t, standing.Verifying)
	require.Equal(t, []string{"1/opened"}, w.keys())
}

func TestItem_updateRefusesAHintOfAnotherKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rejected := false
	w.after(time.Hour, func() {
		w.env.UpdateWorkflow(workflows.UpdateCompleted, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnComplete: func(any, error) {},
			OnReject: func(err error) { rejected = true; require.ErrorContains(t, err, item.LinkFinished) },
		}, opened(w, 1))
	})
	w.run(fresh(), day)
	require.True(t, rejected)
}

func TestItem_mailsPauseWhileLinkIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.mailServer(errors.New("greylisted"))
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(10*time.Minute, func() { w.hint(opened(w, 2)) })
	w.after(11*time.Minute, func() { w.mailServer(nil) })
	w.after(39*time.Minute, func() { require.Empty(t, w.letters(), "mailed while Link was open") })
	w.after(41*time.Minute, func() { require.Equal(t, []item.MailRef{reminder(1, 1)}, w.letters()) })
	w.run(fresh(), time.Hour)
	require.Len(t, w.letters(), 1)
}

func TestItem_serversSuggestionEndsTheRunAndOwesItsMailToTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.mailServer(errors.New("down"))
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(time.Hour, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.hint(errorHint(2))
	})
	carried := w.run(fresh(), day)
	require.NotNil(t, carried)
	require.Equal(t, item.MailRef{}, carried.Life.Sending)
	require.Equal(t, item.LoginRequired, carried.Life.State)
	require.True(t, carried.Life.Plan.IsZero(), "planned anew by the next run, from what was really sent")
}

func TestItem_signalsThatWaitWhenTheRunEndsAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.after(time.Hour, func() {
		w.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalHint, workflows.Hints{Hints: []item.Hint{errorHint(41)}})
		w.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalHint, workflows.Hints{Hints: []item.Hint{errorHint(42)}})
	})
	w.after(time.Hour+time.Second, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.hint(errorHint(43))
	})
	carried := w.run(fresh(), day)
	require.NotNil(t, carried)
	require.True(t, w.asked > 0 || carried.Life.NeedsQuery, "a hint was lost")
	if carried.Life.NeedsQuery {
		require.Subset(t, carried.Life.Evidence, []int64{43})
	}
}

func TestItem_removedEndsTheWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.after(time.Hour, func() { w.hint(errorHint(1)) })
	w.removeAtPlaid()
	require.Nil(t, w.run(fresh(), day))
	require.NoError(t, w.env.GetWorkflowError())
	require.Equal(t, item.Removed, w.transitions[0].To)
}
