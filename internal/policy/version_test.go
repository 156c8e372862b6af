package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/policy"
)

// Plans in workflow histories carry the version, which is a digest of the policy's JSON. A renamed field would give
// every policy another version, and all waiting Items would plan again. A new knob does so too: that is the price of a
// new knob.
func TestPolicy_Version_isTheSameInEveryReleaseForTheSameContent(t *testing.T) {
	t.Parallel()
	gap, shadow := 24*time.Hour, true
	p := policy.Policy{
		Everybody: policy.Rules{
			SecondLook: time.Minute, Gap: time.Hour, Quiet: policy.Quiet{From: 1200, To: 480}, Weekdays: policy.Weekdays{false, true},
			Steps: []time.Duration{0, time.Hour}, Before: []time.Duration{time.Hour}, EscalateAfter: time.Hour,
		},
		Causes:    map[item.Cause]policy.Change{item.MFA: {Gap: &gap, Quiet: &policy.Quiet{From: 1, To: 2}}},
		Partners:  map[string]policy.Change{"iso-7": {Shadow: &shadow}},
		MassBreak: policy.MassBreak{Within: time.Minute, OfInstitution: 5, OfAll: 9},
		Perpetual: policy.Perpetual{Within: time.Hour, Relinks: 3},
		Reconcile: policy.Reconcile{Every: time.Hour, StaleAfter: time.Minute, RepairWebhooks: true},
	}
	require.Equal(t, "3957761dc449", p.Version())
}
