package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/workflows"
)

// The run should end, and first waits until its mail is called back. The hints arrive during that wait.
func TestLeft_hintsDuringTheCallBackOfTheLastMailAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	w.mailServer(errors.New("down"))
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(time.Minute, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.hint(opened(w, 2))
		w.hint(opened(w, 3))
	})
	carried := w.run(fresh(), day)
	require.NotNil(t, carried)
	require.Equal(t, 2, carried.Life.LinkAttempts)
	require.EqualValues(t, 3, carried.Life.LastLink)
}

func TestLeft_updateBeforeTheItemIsLoadedWaitsForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.life = item.Life{State: item.LoginRequired, Cause: item.Credentials, Incident: 3, BrokenSince: w.env.Now()}
	w.says(login)
	var standing workflows.Standing
	w.whenStarted("LoadItem", func() { completed(t, w, 1, func(s workflows.Standing) { standing = s }) })
	w.run(fresh(), time.Hour)
	require.Equal(t, workflows.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 3, Verifying: true}, standing)
}

func TestItem_reminderDueWhileTheBankIsDownWaitsForTheBank(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	began := w.env.Now()
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(day, func() { w.says("INSTITUTION_DOWN") })
	w.after(2*day+90*time.Minute, func() { w.says(login) })
	w.run(fresh(), 3*day)
	require.Equal(t, []item.MailRef{reminder(1, 1), reminder(1, 2)}, w.letters())
	require.WithinDuration(t, began.Add(2*day+2*time.Hour), w.mailed[1].at, time.Minute)
}

// The update arrives while Plaid is being asked, so it waits for the next question. The run should end before that.
func TestLeft_updateThatWaitsForPlaidIsAnsweredBeforeTheRunEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(login)
	var standing workflows.Standing
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(time.Minute, func() {
		w.whenStarted("AskPlaid", func() {
			w.whenStarted("", nil) // once
			w.env.SetContinueAsNewSuggested(true)
			completed(t, w, 3, func(s workflows.Standing) { standing = s })
		})
		w.hint(errorHint(2))
	})
	carried := w.run(fresh(), day)
	require.NotNil(t, carried)
	require.Equal(t, workflows.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 1, Verifying: true}, standing)
}
