package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/policy"
)

const everyKey = `second_look: 30m
gap: 1d
quiet: none
weekdays: [mon, fri]
steps: [0d, 1d]
before: [3d, 1d]
escalate_after: 1d12h
shadow: true
causes:
  mfa: {second_look: 1h, gap: 2h, quiet: "18:00-09:00", weekdays: [sun], steps: [1h], before: [2h], escalate_after: 3h, shadow: false}
partners:
  acme: {shadow: true}
merchants:
  m_42: {steps: [0d]}
mass_break: {within: 1m, of_institution: 1, of_all: 2}
perpetual: {within: 1d, relinks: 4}
reconcile: {every: 1h, stale_after: 0d, repair_webhooks: true}
`

func TestParse_reportsAllProblemsWithTheirLines(t *testing.T) {
	t.Parallel()
	_, err := policy.Parse([]byte(`second_look: soon
quiet: 20-8
weekdays: [monday]
steps: [0d, 5d, 2d]
before: [1d, 3d]
ladder: [1d]
causes:
  boredom: {steps: [0d]}
partners:
  acme: {shadow: maybe}
mass_break: {of_all: -1}
`))
	for _, want := range []string{
		`line 1: expected a time`, `line 2: expected quiet hours`, `line 3: there is no weekday "monday"`, `line 4: steps: 2d must be longer`,
		`line 5: before: 3d must be shorter`, `line 6: the policy has no "ladder"`, `line 8: there is no cause "boredom"`,
		`line 10: expected true or false`, `line 11: expected a number`,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = policy.Parse([]byte("steps: [\n"))
	require.ErrorContains(t, err, "line")
}

func TestParse_emptyFileIsTheDefault(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse(nil)
	require.NoError(t, err)
	require.Equal(t, policy.Default().Version(), p.Version())
	changed, err := policy.Parse([]byte("gap: 24h"))
	require.NoError(t, err)
	require.NotEqual(t, p.Version(), changed.Version())
}

func TestParse_readsEveryKey(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse([]byte(everyKey))
	require.NoError(t, err)
	changed := policy.Rules{
		SecondLook: 30 * time.Minute, Gap: day, Weekdays: policy.Weekdays{time.Monday: true, time.Friday: true},
		Steps: []time.Duration{0, day}, Before: []time.Duration{3 * day, day}, EscalateAfter: 36 * time.Hour, Shadow: true,
	}
	require.Equal(t, changed, p.Everybody)
	require.Equal(t, policy.Rules{
		SecondLook: time.Hour, Gap: 2 * time.Hour, Quiet: policy.Quiet{From: 18 * 60, To: 9 * 60}, Weekdays: policy.Weekdays{time.Sunday: true},
		Steps: []time.Duration{time.Hour}, Before: []time.Duration{2 * time.Hour}, EscalateAfter: 3 * time.Hour,
	}, p.For(item.MFA, "", ""))
	require.Equal(t, policy.MassBreak{Within: time.Minute, OfInstitution: 1, OfAll: 2}, p.MassBreak)
	require.Equal(t, policy.Perpetual{Within: day, Relinks: 4}, p.Perpetual)
	require.Equal(t, policy.Reconcile{Every: time.Hour, RepairWebhooks: true}, p.Reconcile)
	require.Equal(t, 30*time.Minute, changed.SecondLook)
	require.Equal(t, []time.Duration{0, 2 * day, 5 * day, 9 * day}, policy.Default().Everybody.Steps, "the default is not written to")
}

func TestParse_namesTheMappingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := policy.Parse([]byte("gap: 1d\ngap: 2d\ncauses:\n  mfa: {ladder: [1d]}\n  mfa: {}\npartners: 5\n" +
		"reconcile: {every: 30s, often: true}\n"))
	for _, want := range []string{
		`line 2: "gap" is there twice`,
		`line 4: causes.mfa has no "ladder"; it has before, escalate_after, gap, quiet, second_look, shadow, steps, weekdays`,
		`line 5: "mfa" is there twice`,
		`line 6: partners: expected names and what is different for each`,
		`line 7: expected at least 1m, got "30s"`,
		`line 7: reconcile has no "often"; it has every, repair_webhooks, stale_after`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, 6, strings.Count(err.Error(), "  line "))
}
