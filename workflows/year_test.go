package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/policy"
	"relink/workflows"
)

const year = 365 * day

// began is when the lives of this file begin: a Monday morning in every zone that they are lived in.
var began = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// announce signals a signed webhook that announces an end.
func (w *world) announce(ends time.Time, reason string) {
	w.hint(item.Hint{
		Source: item.FromWebhook, Code: item.PendingDisconnect, Reason: reason, InboxIDs: []int64{5}, Until: ends,
		At: w.env.Now(),
	})
}

// becomes sets what Plaid answers from now on, and makes the workflow ask.
func (w *world) becomes(truth item.PlaidStatus) {
	w.mu.Lock()
	w.code, w.answer, w.removed = truth.ErrorCode, truth, truth.Gone
	w.mu.Unlock()
	w.hint(item.Hint{Source: item.FromReconcile, Code: "reconcile", InboxIDs: []int64{9}})
}

func (w *world) order(o item.OperatorCommand) { w.env.SignalWorkflow(workflows.SignalOperator, o) }

// steps returns the recorded transitions as people read them.
func (w *world) steps() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var steps []string
	for _, t := range w.transitions {
		text := t.Key() + " " + string(t.To)
		if t.By != "" {
			text += " by " + string(t.By)
		}
		steps = append(steps, text)
	}
	return steps
}

// TestItem_livesAYear lives a year for each way into a state and out of it.
func TestItem_livesAYear(t *testing.T) {
	t.Parallel()
	ends := began.Add(20 * day)
	for name, c := range map[string]struct {
		live  func(w *world)
		steps []string
		mails []time.Duration // after the beginning
	}{
		"login_required, nobody does anything": {
			live:  func(w *world) { w.becomes(item.PlaidStatus{ErrorCode: login}) },
			steps: []string{"1/opened login_required by plaid_says_error", "1/escalated login_required"},
			mails: []time.Duration{0, 2 * day, 5 * day, 9 * day},
		},
		"login_required, healed elsewhere": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: login})
				w.after(3*day, func() { w.becomes(item.PlaidStatus{}) })
			},
			steps: []string{"1/opened login_required by plaid_says_error", "1/closed connected by plaid_says_healthy"},
			mails: []time.Duration{0, 2 * day},
		},
		"login_required, gone at Plaid": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: login})
				w.after(day, func() { w.becomes(item.PlaidStatus{Gone: true}) })
			},
			steps: []string{"1/opened login_required by plaid_says_error", "1/removed removed by plaid_says_gone"},
			mails: []time.Duration{0},
		},
		"login_required, removed by a person": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: login})
				w.after(day, func() { w.order(item.OperatorCommand{Do: item.RemoveIt, By: "olga"}) })
			},
			steps: []string{"1/opened login_required by plaid_says_error", "1/ordered-1 login_required", "1/removed removed by operator"},
			mails: []time.Duration{0},
		},
		"revoked, one mail and no ladder": {
			live:  func(w *world) { w.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}) },
			steps: []string{"1/opened revoked by plaid_says_error", "1/escalated revoked"},
			mails: []time.Duration{0},
		},
		"revoked, and back": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"})
				w.after(day, func() { w.becomes(item.PlaidStatus{}) })
			},
			steps: []string{"1/opened revoked by plaid_says_error", "1/closed connected by plaid_says_healthy"},
			mails: []time.Duration{0},
		},
		"login_required, then revoked, and back": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: login})
				w.after(day, func() { w.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}) })
				w.after(3*day, func() { w.becomes(item.PlaidStatus{ErrorCode: login}) })
				w.after(4*day, func() { w.becomes(item.PlaidStatus{}) })
			},
			steps: []string{
				"1/opened login_required by plaid_says_error", "1/changed-1 revoked by plaid_says_error",
				"1/changed-2 login_required by plaid_says_error", "1/closed connected by plaid_says_healthy",
			},
			mails: []time.Duration{0, 2 * day},
		},
		"login_required, repaired with an end ahead": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: login})
				w.after(day, func() { w.announce(ends, "") })
				w.after(3*day, func() { w.becomes(item.PlaidStatus{}) })
			},
			steps: []string{
				"1/opened login_required by plaid_says_error", "1/changed-1 expiring by end_announced", "1/closed connected by end_passed",
			},
			mails: []time.Duration{0, 2 * day, 4 * day, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"revoked, consented again for a short time": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"})
				w.after(3*day, func() { w.becomes(item.PlaidStatus{ConsentExpiresAt: ends}) })
			},
			steps: []string{
				"1/opened revoked by plaid_says_error", "1/escalated revoked", "1/changed-1 expiring by end_near", "1/closed connected by end_passed",
			},
			mails: []time.Duration{0, 3 * day, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"expiring, revoked before its end": {
			live: func(w *world) {
				w.announce(ends, "")
				w.after(day, func() { w.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/changed-1 revoked by plaid_says_error", "1/escalated-1 revoked"},
			mails: []time.Duration{0, 2 * day},
		},
		"expiring, with another end": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ConsentExpiresAt: began.Add(5 * day)})
				w.after(day, func() { w.becomes(item.PlaidStatus{ConsentExpiresAt: ends}) })
			},
			steps: []string{"1/opened expiring by end_near", "1/changed-1 expiring by end_near", "1/closed connected by end_passed"},
			mails: []time.Duration{0, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"connected, gone at Plaid": {
			live:  func(w *world) { w.becomes(item.PlaidStatus{Gone: true}) },
			steps: []string{"0/removed removed by plaid_says_gone"},
		},
		"connected, removed by a person": {
			live:  func(w *world) { w.order(item.OperatorCommand{Do: item.RemoveIt}) },
			steps: []string{"0/ordered-1 connected", "0/removed removed by operator"},
		},
		"expiring, announced, ends and works on": {
			live:  func(w *world) { w.announce(ends, "") },
			steps: []string{"1/opened expiring by end_announced", "1/closed connected by end_passed"},
			mails: []time.Duration{0, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"expiring, announced, ends and breaks": {
			live: func(w *world) {
				w.announce(ends, "INSTITUTION_MIGRATION")
				w.after(ends.Sub(began)-time.Minute, func() { w.says(login) })
			},
			steps: []string{
				"1/opened expiring by end_announced", "1/changed-1 login_required by plaid_says_error",
				"1/escalated-1 login_required",
			},
			mails: []time.Duration{0, 6 * day, 13 * day, 17 * day, 19 * day, 21 * day, 23 * day, 26 * day, 30 * day},
		},
		"expiring, announced, relinked": {
			live: func(w *world) {
				w.announce(ends, "")
				w.after(8*day, func() { w.becomes(item.PlaidStatus{RelinkedAt: began.Add(8 * day)}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/closed connected by linked_since"},
			mails: []time.Duration{0, 6 * day},
		},
		"expiring, seen by its consent, which moves": {
			live: func(w *world) {
				w.becomes(item.PlaidStatus{ConsentExpiresAt: ends})
				w.after(8*day, func() { w.becomes(item.PlaidStatus{ConsentExpiresAt: ends.Add(year)}) })
			},
			steps: []string{"1/opened expiring by end_near", "1/closed connected by consent_moved"},
			mails: []time.Duration{0, 6 * day},
		},
		"expiring, gone at Plaid": {
			live: func(w *world) {
				w.announce(ends, "")
				w.after(day, func() { w.becomes(item.PlaidStatus{Gone: true}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/removed removed by plaid_says_gone"},
			mails: []time.Duration{0},
		},
		"expiring, removed by a person": {
			live: func(w *world) {
				w.announce(ends, "")
				w.after(day, func() { w.order(item.OperatorCommand{Do: item.RemoveIt}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/ordered-1 expiring", "1/removed removed by operator"},
			mails: []time.Duration{0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.env.SetStartTime(began)
			w.after(time.Second, func() { c.live(w) })
			w.run(fresh(), year)
			require.Equal(t, c.steps, w.steps())
			var at []time.Duration
			for _, m := range w.mailed {
				if m.letter.Kind.Reminds() {
					at = append(at, m.at.Sub(began).Round(time.Hour))
				}
			}
			require.Equal(t, c.mails, at)
		})
	}
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
				w := newWorld(t)
				w.policy, w.zone = policy.Default(), z
				w.env.SetStartTime(at)
				w.says(login)
				w.after(0, func() { w.hint(errorHint(1)) })
				w.run(fresh(), 60*day)
				preview := w.policy.Everybody.Preview(w.transitions[0].At, time.Time{}, z)
				require.Len(t, w.mailed, len(preview)-1)
				for i, m := range w.mailed {
					require.WithinDuration(t, preview[i].At, m.at, time.Second, "mail %d", i+1)
				}
				escalated := w.transitions[len(w.transitions)-1]
				require.Equal(t, item.Escalated, escalated.Step)
				require.WithinDuration(t, preview[len(preview)-1].At, escalated.At, time.Second)
			})
		}
	}
}

func TestItem_heldMailGoesOutWhenItsHoldEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetStartTime(began)
	w.says(login)
	w.held = &activities.Sent{Outcome: item.MailHeld, Until: began.Add(3 * time.Hour), Why: "nobody can log in at First Platypus Bank now"}
	w.after(0, func() { w.hint(errorHint(1)) })
	w.after(time.Hour, func() {
		require.Equal(t, "nobody can log in at First Platypus Bank now", w.status().Life.Hold.Why)
		w.mu.Lock()
		w.held = nil
		w.mu.Unlock()
	})
	w.run(fresh(), day)
	require.Len(t, w.mailed, 1)
	require.WithinDuration(t, began.Add(3*time.Hour), w.mailed[0].at, time.Minute)
}

func TestItem_bankThatAsksEveryTimeGetsAPersonInsteadOfReminders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetStartTime(began)
	w.after(0, func() { w.becomes(item.PlaidStatus{ErrorCode: login, UserPresent: true}) })
	w.run(fresh(), 30*day)
	require.Empty(t, w.mailed)
	require.Equal(t, []string{"1/opened login_required by plaid_says_error", "1/escalated login_required"}, w.steps())
}

func TestItem_snoozedIsMailedAfterItsSnooze(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetStartTime(began)
	w.says(login)
	w.after(0, func() { w.order(item.OperatorCommand{Do: item.Snooze, Until: began.Add(10 * day), By: "olga"}) })
	w.after(time.Minute, func() { w.hint(errorHint(1)) })
	w.run(fresh(), 11*day)
	require.Len(t, w.mailed, 1)
	require.WithinDuration(t, began.Add(10*day), w.mailed[0].at, time.Minute)
}

func TestItem_wrongOrderDoesNotStopIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetStartTime(began)
	w.says(login)
	w.after(0, func() { w.order(item.OperatorCommand{Do: "dance"}) })
	w.after(time.Minute, func() { w.hint(errorHint(1)) })
	w.run(fresh(), day)
	require.Len(t, w.mailed, 1)
}
