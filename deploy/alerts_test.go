package deploy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"relink/internal/inbox"
	"relink/internal/telemetry"
)

// rule is an alert of deploy/alerts.yml.
type rule struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

func rules(t *testing.T) []rule {
	t.Helper()
	raw, err := os.ReadFile("alerts.yml")
	require.NoError(t, err)
	var file struct{ Groups []struct{ Rules []rule } }
	require.NoError(t, yaml.Unmarshal(raw, &file))
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	require.Greater(t, len(all), 8)
	return all
}

var (
	series  = regexp.MustCompile(`\b(relink_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher = regexp.MustCompile(`([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	by      = regexp.MustCompile(`\bby \(([a-z_, ]+)\)`)
)

func TestAlerts_useMetricsThatExist(t *testing.T) {
	t.Parallel()
	for _, r := range rules(t) {
		found := series.FindAllStringSubmatch(r.Expr, -1)
		require.NotEmpty(t, found, r.Alert)
		grouped := map[string]bool{}
		for _, names := range by.FindAllStringSubmatch(r.Expr, -1) {
			for name := range strings.SplitSeq(names[1], ",") {
				grouped[strings.TrimSpace(name)] = true
			}
		}
		for _, s := range found {
			labels, ok := telemetry.Labels(s[1])
			require.True(t, ok, "%s: relink does not measure %s", r.Alert, s[1])
			matchers := matcher.FindAllStringSubmatch(s[2], -1)
			require.Len(t, matchers, strings.Count(s[2], `"`)/2, "%s: every matcher is read", r.Alert)
			for _, m := range matchers {
				require.Contains(t, labels, m[1], "%s: %s has no such label", r.Alert, s[1])
				wanted := regexp.MustCompile("^(?:" + m[3] + ")$")
				require.True(t, slices.ContainsFunc(labels[m[1]], wanted.MatchString), "%s: %s never says %s=%q", r.Alert, s[1], m[1], m[3])
				if !strings.ContainsAny(m[3], ".+*") { // words, so each of them
					for word := range strings.SplitSeq(m[3], "|") {
						require.Contains(t, labels[m[1]], word, "%s: %s", r.Alert, s[1])
					}
				}
			}
			for name := range grouped {
				if name != "instance" { // a label of Prometheus itself
					require.Contains(t, labels, name, "%s groups by it", r.Alert)
				}
			}
		}
	}
}

func TestAlerts_sayWhatToDo(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	sections := map[string]string{}
	for section := range strings.SplitSeq(string(raw), "\n### ") {
		name, text, _ := strings.Cut(section, "\n")
		sections[name] = text
	}
	names := map[string]bool{}
	for _, r := range rules(t) {
		require.False(t, names[r.Alert], "%s is there twice", r.Alert)
		names[r.Alert] = true
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], r.Alert)
		require.Equal(t, "docs/operations.md#"+strings.ToLower(r.Alert), r.Annotations["runbook"], r.Alert)
		for _, part := range []string{"**Means.**", "**Look.**", "**Do.**"} {
			require.Contains(t, sections[r.Alert], part, r.Alert)
		}
	}
	for name := range sections {
		if strings.HasPrefix(name, "Relink") {
			require.True(t, names[name], "%s is the section of no alert", name)
		}
	}
}

// reasons returns the words of internal/webhook, read from its source.
func reasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/webhook/errors.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var words []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			literal, ok := spec.Values[0].(*ast.BasicLit)
			require.True(t, ok)
			word, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			words = append(words, word)
		}
		return true
	})
	require.NotEmpty(t, words)
	return words
}

func TestMetricsTable_hasTheWordsOfTheCode(t *testing.T) {
	t.Parallel()
	labels, ok := telemetry.Labels("relink_webhooks_total")
	require.True(t, ok)
	// These do not get 401: see ErrUnchecked and ErrNotUnderstood.
	known := []string{"refused_limited"}
	for _, reason := range reasons(t) {
		if !slices.Contains([]string{"key_unreachable", "key_lookup_limit", "not_understood", "other"}, reason) {
			known = append(known, "refused_"+reason)
		}
	}
	var refused []string
	for _, word := range labels["result"] {
		if strings.HasPrefix(word, "refused_") {
			refused = append(refused, word)
		}
	}
	require.ElementsMatch(t, known, refused)

	labels, ok = telemetry.Labels("relink_hints_total")
	require.True(t, ok)
	require.ElementsMatch(t, []string{
		inbox.OutcomeDelivered, inbox.OutcomeIgnored, inbox.OutcomeUnavailable, inbox.OutcomeFailed, inbox.OutcomeDead, inbox.OutcomeUnsettled,
	}, labels["outcome"])
}
