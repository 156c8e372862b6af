package deploy_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/policy"
)

func policyFile(t *testing.T, change func(string) string) policy.Policy {
	t.Helper()
	raw, err := os.ReadFile("policy.yaml")
	require.NoError(t, err)
	p, err := policy.Parse([]byte(change(string(raw))))
	require.NoError(t, err)
	return p
}

func TestPolicyExample_isTheBuiltInPolicy(t *testing.T) {
	t.Parallel()
	p, builtIn := policyFile(t, func(raw string) string { return raw }), policy.Default()
	for _, cause := range item.Causes() {
		require.Equal(t, builtIn.For(cause, "north-iso", "m_42"), p.For(cause, "north-iso", "m_42"), cause)
	}
	require.Equal(t, builtIn.MassBreak, p.MassBreak)
	require.Equal(t, builtIn.Perpetual, p.Perpetual)
	require.Equal(t, builtIn.Reconcile, p.Reconcile)
}

func TestPolicyExample_commentedPartsAreValid(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile(`(?m)^# (partners:|merchants:|  [\w-]+: )`)
	p := policyFile(t, func(raw string) string { return shown.ReplaceAllString(raw, "$1") })
	require.True(t, p.For(item.Credentials, "new-iso", "").Shadow)
	require.False(t, p.For(item.Credentials, "north-iso", "").Weekdays[0])
	require.Len(t, p.For(item.Credentials, "north-iso", "m_42").Steps, 1)
}

// TestPolicyExample_hasEveryKeyAsItsPageDoes gets the keys from the parser's error about an unknown key.
func TestPolicyExample_hasEveryKeyAsItsPageDoes(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("policy.yaml")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/policy.md")
	require.NoError(t, err)
	for section, inside := range map[string]string{
		"": "nonsense: 1", "mass_break.": "mass_break: {nonsense: 1}", "perpetual.": "perpetual: {nonsense: 1}",
		"reconcile.": "reconcile: {nonsense: 1}",
	} {
		_, err := policy.Parse([]byte(inside))
		require.ErrorContains(t, err, "it has ")
		_, keys, _ := strings.Cut(strings.TrimSpace(err.Error()), "it has ")
		for key := range strings.SplitSeq(keys, ", ") {
			require.Regexp(t, `(?m)^#?\s*`+key+`:`, string(example))
			if section+key == "mass_break" || section+key == "perpetual" || section+key == "reconcile" {
				continue // its own keys are there
			}
			require.Contains(t, string(page), "| `"+section+key+"` |")
		}
	}
	for _, cause := range item.Causes() {
		require.Contains(t, string(page), "`"+string(cause)+"`")
	}
}
