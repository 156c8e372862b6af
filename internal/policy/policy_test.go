package policy_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/policy"
)

const day = 24 * time.Hour

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return v
}

// locally is when each line of a preview goes out, by the merchant's clock.
func locally(out []policy.Outgoing, z *time.Location) []string {
	var all []string
	for _, o := range out {
		all = append(all, o.What+" "+o.At.In(z).Format("Mon 2006-01-02 15:04 -0700"))
	}
	return all
}

func TestFor_nearestRuleWins(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse([]byte(`
second_look: 30m
causes:
  mfa: {second_look: 1h, steps: [0d, 1d]}
partners:
  acme: {second_look: 2h, shadow: true}
merchants:
  m_42: {second_look: 3h}
`))
	require.NoError(t, err)
	require.Equal(t, 30*time.Minute, p.For(item.Credentials, "", "").SecondLook)
	require.Equal(t, time.Hour, p.For(item.MFA, "", "").SecondLook)
	require.Equal(t, 2*time.Hour, p.For(item.MFA, "acme", "m_1").SecondLook)
	r := p.For(item.MFA, "acme", "m_42")
	require.Equal(t, 3*time.Hour, r.SecondLook)
	require.True(t, r.Shadow)
	require.Equal(t, []time.Duration{0, day}, r.Steps)
	require.Len(t, p.For(item.ConsentRevoked, "", "").Steps, 1, "what the file does not name stays")
}

func TestChange_hasEveryRule(t *testing.T) {
	t.Parallel()
	rules, change := reflect.TypeFor[policy.Rules](), reflect.TypeFor[policy.Change]()
	require.Equal(t, rules.NumField(), change.NumField())
	for i := range rules.NumField() {
		rule, same := rules.Field(i), change.Field(i)
		require.Equal(t, rule.Name, same.Name)
		require.Equal(t, reflect.PointerTo(rule.Type), same.Type, rule.Name)
		for _, tag := range []string{"yaml", "order"} {
			require.Equal(t, rule.Tag.Get(tag), same.Tag.Get(tag), rule.Name)
		}
	}
}

// Plans carry the version, so it must not change with the code.
func TestVersion_dependsOnTheContentAlone(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ea54fc31fd93", policy.Default().Version())
	p, err := policy.Parse([]byte(everyKey))
	require.NoError(t, err)
	require.Equal(t, "3c760f0590e2", p.Version())
}
