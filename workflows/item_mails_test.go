package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/policy"
)

func TestItem_reminderDueWhileTheBankIsDownWaitsForTheBank(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.says(login)
	began := f.env.Now()
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(day, func() { f.says("INSTITUTION_DOWN") })
	f.after(2*day+90*time.Minute, func() { f.says(login) })
	f.run(fresh(), 3*day)
	require.Equal(t, []item.MailRef{reminder(1, 1), reminder(1, 2)}, f.mails())
	require.WithinDuration(t, began.Add(2*day+2*time.Hour), f.mailed[1].at, time.Minute)
}

func TestItem_sendsWhatThePreviewSays(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"America/New_York", "Europe/Berlin", "Asia/Kolkata"} {
		z, err := time.LoadLocation(zone)
		require.NoError(t, err)
		for _, broken := range []string{ // around the nights when the clocks change, and at any hour
			"2026-10-23T22:30:00Z", "2026-10-24T23:10:00Z", "2026-10-30T03:00:00Z", "2026-10-31T23:59:00Z",
			"2027-03-12T20:00:00Z", "2027-03-13T23:00:00Z", "2027-03-26T18:59:00Z", "2027-03-27T22:00:00Z", "2027-07-01T12:00:00Z",
		} {
			t.Run(zone+" "+broken, func(t *testing.T) {
				t.Parallel()
				at, err := time.Parse(time.RFC3339, broken)
				require.NoError(t, err)
				f := newFixture(t)
				f.policy, f.zone = policy.Default(), z
				f.env.SetStartTime(at)
				f.says(login)
				f.after(0, func() { f.hint(errorHint(1)) })
				f.run(fresh(), 60*day)
				preview := f.policy.Everybody.Preview(f.transitions[0].At, time.Time{}, z)
				require.Len(t, f.mailed, len(preview)-1)
				for i, m := range f.mailed {
					require.WithinDuration(t, preview[i].At, m.at, time.Second, "mail %d", i+1)
				}
				escalated := f.transitions[len(f.transitions)-1]
				require.Equal(t, item.Escalated, escalated.Step)
				require.WithinDuration(t, preview[len(preview)-1].At, escalated.At, time.Second)
			})
		}
	}
}

func TestItem_heldMailGoesOutWhenItsHoldEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.SetStartTime(began)
	f.says(login)
	f.held = &activities.Sent{Outcome: item.MailHeld, Until: began.Add(3 * time.Hour), Why: "nobody can log in at First Platypus Bank now"}
	f.after(0, func() { f.hint(errorHint(1)) })
	f.after(time.Hour, func() {
		require.Equal(t, "nobody can log in at First Platypus Bank now", f.status().Life.Hold.Why)
		f.mu.Lock()
		f.held = nil
		f.mu.Unlock()
	})
	f.run(fresh(), day)
	require.Len(t, f.mailed, 1)
	require.WithinDuration(t, began.Add(3*time.Hour), f.mailed[0].at, time.Minute)
}

func TestItem_callsForAPersonWhenTheBankAsksEveryTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.SetStartTime(began)
	f.after(0, func() { f.becomes(item.PlaidStatus{ErrorCode: login, UserPresent: true}) })
	f.run(fresh(), 30*day)
	require.Empty(t, f.mailed)
	require.Equal(t, []string{"1/opened login_required by plaid_says_error", "1/escalated login_required"}, f.steps())
}

func TestItem_snoozedIsMailedAfterItsSnooze(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.SetStartTime(began)
	f.says(login)
	f.after(0, func() { f.command(item.OperatorCommand{Do: item.Snooze, Until: began.Add(10 * day), By: "olga"}) })
	f.after(time.Minute, func() { f.hint(errorHint(1)) })
	f.run(fresh(), 11*day)
	require.Len(t, f.mailed, 1)
	require.WithinDuration(t, began.Add(10*day), f.mailed[0].at, time.Minute)
}

func TestItem_wrongCommandDoesNotStopIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.SetStartTime(began)
	f.says(login)
	f.after(0, func() { f.command(item.OperatorCommand{Do: "dance"}) })
	f.after(time.Minute, func() { f.hint(errorHint(1)) })
	f.run(fresh(), day)
	require.Len(t, f.mailed, 1)
}
