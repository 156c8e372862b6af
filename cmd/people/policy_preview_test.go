package people

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/internal/policy"
)

func TestPolicyPreview_goesByTheMerchantsClocksOverTheNightTheyChange(t *testing.T) {
	t.Parallel()
	d := &shell{}
	require.NoError(t, d.types(t, "policy preview --broken-at 2026-10-30T10:00 --time-zone America/New_York"))
	lines := strings.Split(d.out.String(), "\n")
	require.Equal(t, "policy "+policy.Default().Version()+", the built-in one; credentials, by the clocks of America/New_York", lines[0])
	for i, want := range [][]string{
		{"THERE", "UTC", "WHAT", "MOVED BY"},
		{"Fri 2026-10-30 10:15:00 -0400", "2026-10-30 14:15:00", "reminder 1", "a second look first"},
		{"Sun 2026-11-01 09:15:00 -0500", "2026-11-01 14:15:00", "reminder 2", "-"}, // 48 h later, an hour less by the clock
		{"Wed 2026-11-04 09:15:00 -0500", "2026-11-04 14:15:00", "reminder 3"},
		{"Sun 2026-11-08 09:15:00 -0500", "2026-11-08 14:15:00", "reminder 4"},
		{"Tue 2026-11-10 09:15:00 -0500", "2026-11-10 14:15:00", "a person is called", "the ladder is over"},
	} {
		for _, word := range want {
			require.Contains(t, lines[i+1], word)
		}
	}
	require.False(t, d.opened, "a preview needs neither Postgres nor Temporal")
}

func TestPolicyPreview_inJSONSaysTheSame(t *testing.T) {
	t.Parallel()
	path := policyAt(t, "partners:\n  acme: {steps: [0d, 3d], shadow: true}\n")
	d := &shell{}
	const line = "policy preview --broken-at 2026-11-23T09:00:00Z --time-zone Europe/Berlin --partner acme --json --file "
	require.NoError(t, d.types(t, line+path))
	var lines []previewLine
	for in := json.NewDecoder(&d.out); in.More(); {
		var l previewLine
		require.NoError(t, in.Decode(&l))
		lines = append(lines, l)
	}
	require.Len(t, lines, 3)
	require.Equal(t, "2026-11-23T10:15:00+01:00", lines[0].Local)
	require.Equal(t, "Monday", lines[0].Weekday)
	require.Equal(t, time.Date(2026, 11, 23, 9, 15, 0, 0, time.UTC), lines[0].At)
	require.True(t, lines[0].Shadow)
	require.Equal(t, "escalation", lines[2].What)
}

func TestPolicyPreview_isOfTheFileNamedOrElseOfTheOneConfigured(t *testing.T) {
	t.Parallel()
	const line = "policy preview --broken-at 2026-11-23T09:00:00Z --time-zone UTC"
	d := &shell{policyFile: policyAt(t, "steps: [0d]\n")}
	require.NoError(t, d.types(t, line))
	require.Equal(t, 1, strings.Count(d.out.String(), "reminder"))
	require.NoError(t, d.types(t, line+" --file "+policyAt(t, "steps: [0d, 2d]\n")))
	require.Equal(t, 2, strings.Count(d.out.String(), "reminder"))
	err := d.types(t, line+" --file "+policyAt(t, "gap: 1d\nladder: [1d]\n"))
	require.ErrorContains(t, err, "line 2")
	require.NotErrorIs(t, err, cli.ErrUsage, "exit 1")
}

func TestPolicyPreview_ofAnEndAheadGoesByItsEnd(t *testing.T) {
	t.Parallel()
	d := &shell{}
	require.NoError(t, d.types(t,
		"policy preview --broken-at 2026-11-02T10:00 --ends-at 2026-12-10T12:00 --cause consent_expiring --time-zone Europe/Berlin"))
	require.Contains(t, d.out.String(), "Tue 2026-11-10 12:00:00 +0100")
	require.Equal(t, 5, strings.Count(d.out.String(), "reminder"))
	require.Contains(t, d.out.String(), "it ends then")
}

func TestPolicyPreview_namesWrongUsage(t *testing.T) {
	t.Parallel()
	const when = "--broken-at 2026-11-22T10:00 --time-zone UTC "
	lines := map[string]string{}
	for line, names := range map[string]string{
		"":                         "--time-zone",
		"--time-zone UTC":          "--broken-at",
		"--time-zone Mars/Olympus": `"Mars/Olympus"`,
		"--time-zone Local --broken-at 2026-11-22T10:00":             "--time-zone",
		"--time-zone UTC --broken-at noon":                           `"noon"`,
		when + "--cause boredom":                                     `"boredom"`,
		when + "--cause gone":                                        "nobody is mailed",
		when + "--cause consent_expiring":                            "--ends-at",
		when + "--cause institution_migration --ends-at 2026-11-22":  `"2026-11-22"`,
		when + "--cause consent_expiring --ends-at 2026-11-22T10:00": "not after",
		when + "--ends-at 2026-12-22T10:00":                          "--ends-at is for",
		when + "policy.yaml":                                         `"policy.yaml"`,
	} {
		lines["policy preview "+line] = names
	}
	refuses(t, lines)
}
