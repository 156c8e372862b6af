package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/workflows"
)

// The run is about to end, and first waits until its mail is cancelled. The hints arrive during that wait.
func TestLeft_hintsDuringTheCallBackOfTheLastMailAreNotLost(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	f.mailServer(errors.New("down"))
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(time.Minute, func() {
		f.env.SetContinueAsNewSuggested(true)
		f.hint(opened(f, 2))
		f.hint(opened(f, 3))
	})
	carried := f.run(fresh(), day)
	require.NotNil(t, carried)
	require.Equal(t, 2, carried.Life.LinkAttempts)
	require.EqualValues(t, 3, carried.Life.LastLink)
}

func TestLeft_updateBeforeTheItemIsLoadedWaitsForIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.life = item.Life{State: item.LoginRequired, Cause: item.Credentials, Incident: 3, BrokenSince: f.env.Now()}
	f.says(login)
	var standing workflows.Standing
	f.whenStarted("LoadItem", func() { completed(t, f, 1, func(s workflows.Standing) { standing = s }) })
	f.run(fresh(), time.Hour)
	require.Equal(t, workflows.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 3, Verifying: true}, standing)
}

// The update arrives while Plaid is being asked, so it waits for the next question. The run is about to end before
// that.
func TestLeft_updateThatWaitsForPlaidIsAnsweredBeforeTheRunEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	var standing workflows.Standing
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(time.Minute, func() {
		f.whenStarted("AskPlaid", func() {
			f.whenStarted("", nil) // once
			f.env.SetContinueAsNewSuggested(true)
			completed(t, f, 3, func(s workflows.Standing) { standing = s })
		})
		f.hint(errorHint(2))
	})
	carried := f.run(fresh(), day)
	require.NotNil(t, carried)
	require.Equal(t, workflows.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 1, Verifying: true}, standing)
}
