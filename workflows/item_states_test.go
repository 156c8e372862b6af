package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

// TestItem_movesThroughItsStatesOverAYear runs a year for each way into a state and out of it.
func TestItem_movesThroughItsStatesOverAYear(t *testing.T) {
	t.Parallel()
	ends := began.Add(20 * day)
	for name, c := range map[string]struct {
		live  func(f *fixture)
		steps []string
		mails []time.Duration // after the beginning
	}{
		"login_required, nobody does anything": {
			live:  func(f *fixture) { f.becomes(item.PlaidStatus{ErrorCode: login}) },
			steps: []string{"1/opened login_required by plaid_says_error", "1/escalated login_required"},
			mails: []time.Duration{0, 2 * day, 5 * day, 9 * day},
		},
		"login_required, healed elsewhere": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: login})
				f.after(3*day, func() { f.becomes(item.PlaidStatus{}) })
			},
			steps: []string{"1/opened login_required by plaid_says_error", "1/closed connected by plaid_says_healthy"},
			mails: []time.Duration{0, 2 * day},
		},
		"login_required, gone at Plaid": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: login})
				f.after(day, func() { f.becomes(item.PlaidStatus{Gone: true}) })
			},
			steps: []string{"1/opened login_required by plaid_says_error", "1/removed removed by plaid_says_gone"},
			mails: []time.Duration{0},
		},
		"login_required, removed by a person": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: login})
				f.after(day, func() { f.command(item.OperatorCommand{Do: item.RemoveIt, By: "olga"}) })
			},
			steps: []string{"1/opened login_required by plaid_says_error", "1/ordered-1 login_required", "1/removed removed by operator"},
			mails: []time.Duration{0},
		},
		"revoked, one mail and no ladder": {
			live:  func(f *fixture) { f.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}) },
			steps: []string{"1/opened revoked by plaid_says_error", "1/escalated revoked"},
			mails: []time.Duration{0},
		},
		"revoked, and back": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"})
				f.after(day, func() { f.becomes(item.PlaidStatus{}) })
			},
			steps: []string{"1/opened revoked by plaid_says_error", "1/closed connected by plaid_says_healthy"},
			mails: []time.Duration{0},
		},
		"login_required, then revoked, and back": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: login})
				f.after(day, func() { f.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}) })
				f.after(3*day, func() { f.becomes(item.PlaidStatus{ErrorCode: login}) })
				f.after(4*day, func() { f.becomes(item.PlaidStatus{}) })
			},
			steps: []string{
				"1/opened login_required by plaid_says_error", "1/changed-1 revoked by plaid_says_error",
				"1/changed-2 login_required by plaid_says_error", "1/closed connected by plaid_says_healthy",
			},
			mails: []time.Duration{0, 2 * day},
		},
		"login_required, repaired with an end ahead": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: login})
				f.after(day, func() { f.announce(ends, "") })
				f.after(3*day, func() { f.becomes(item.PlaidStatus{}) })
			},
			steps: []string{
				"1/opened login_required by plaid_says_error", "1/changed-1 expiring by end_announced", "1/closed connected by end_passed",
			},
			mails: []time.Duration{0, 2 * day, 4 * day, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"revoked, consented again for a short time": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"})
				f.after(3*day, func() { f.becomes(item.PlaidStatus{ConsentExpiresAt: ends}) })
			},
			steps: []string{
				"1/opened revoked by plaid_says_error", "1/escalated revoked", "1/changed-1 expiring by end_near", "1/closed connected by end_passed",
			},
			mails: []time.Duration{0, 3 * day, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"expiring, revoked before its end": {
			live: func(f *fixture) {
				f.announce(ends, "")
				f.after(day, func() { f.becomes(item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/changed-1 revoked by plaid_says_error", "1/escalated-1 revoked"},
			mails: []time.Duration{0, 2 * day},
		},
		"expiring, with another end": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ConsentExpiresAt: began.Add(5 * day)})
				f.after(day, func() { f.becomes(item.PlaidStatus{ConsentExpiresAt: ends}) })
			},
			steps: []string{"1/opened expiring by end_near", "1/changed-1 expiring by end_near", "1/closed connected by end_passed"},
			mails: []time.Duration{0, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"connected, gone at Plaid": {
			live:  func(f *fixture) { f.becomes(item.PlaidStatus{Gone: true}) },
			steps: []string{"0/removed removed by plaid_says_gone"},
		},
		"connected, removed by a person": {
			live:  func(f *fixture) { f.command(item.OperatorCommand{Do: item.RemoveIt}) },
			steps: []string{"0/ordered-1 connected", "0/removed removed by operator"},
		},
		"expiring, announced, ends and works on": {
			live:  func(f *fixture) { f.announce(ends, "") },
			steps: []string{"1/opened expiring by end_announced", "1/closed connected by end_passed"},
			mails: []time.Duration{0, 6 * day, 13 * day, 17 * day, 19 * day},
		},
		"expiring, announced, ends and breaks": {
			live: func(f *fixture) {
				f.announce(ends, "INSTITUTION_MIGRATION")
				f.after(ends.Sub(began)-time.Minute, func() { f.says(login) })
			},
			steps: []string{
				"1/opened expiring by end_announced", "1/changed-1 login_required by plaid_says_error",
				"1/escalated-1 login_required",
			},
			mails: []time.Duration{0, 6 * day, 13 * day, 17 * day, 19 * day, 21 * day, 23 * day, 26 * day, 30 * day},
		},
		"expiring, announced, relinked": {
			live: func(f *fixture) {
				f.announce(ends, "")
				f.after(8*day, func() { f.becomes(item.PlaidStatus{RelinkedAt: began.Add(8 * day)}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/closed connected by linked_since"},
			mails: []time.Duration{0, 6 * day},
		},
		"expiring, seen by its consent, which moves": {
			live: func(f *fixture) {
				f.becomes(item.PlaidStatus{ConsentExpiresAt: ends})
				f.after(8*day, func() { f.becomes(item.PlaidStatus{ConsentExpiresAt: ends.Add(year)}) })
			},
			steps: []string{"1/opened expiring by end_near", "1/closed connected by consent_moved"},
			mails: []time.Duration{0, 6 * day},
		},
		"expiring, gone at Plaid": {
			live: func(f *fixture) {
				f.announce(ends, "")
				f.after(day, func() { f.becomes(item.PlaidStatus{Gone: true}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/removed removed by plaid_says_gone"},
			mails: []time.Duration{0},
		},
		"expiring, removed by a person": {
			live: func(f *fixture) {
				f.announce(ends, "")
				f.after(day, func() { f.command(item.OperatorCommand{Do: item.RemoveIt}) })
			},
			steps: []string{"1/opened expiring by end_announced", "1/ordered-1 expiring", "1/removed removed by operator"},
			mails: []time.Duration{0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.env.SetStartTime(began)
			f.after(time.Second, func() { c.live(f) })
			f.run(fresh(), year)
			require.Equal(t, c.steps, f.steps())
			var at []time.Duration
			for _, m := range f.mailed {
				if m.ref.Kind.Reminds() {
					at = append(at, m.at.Sub(began).Round(time.Hour))
				}
			}
			require.Equal(t, c.mails, at)
		})
	}
}
