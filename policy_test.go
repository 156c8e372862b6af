package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/policy"
)

func policyAt(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func previewOf(t *testing.T, s shell, configured string, args ...string) error {
	t.Helper()
	p, err := parsePreview(s, args, configured)
	require.NoError(t, err)
	return p.run()
}

func TestAPreviewIsByTheMerchantsClocksOverTheNightTheyChange(t *testing.T) {
	t.Parallel()
	s, out, _ := at()
	require.NoError(t, previewOf(t, s, "", "--broken-at", "2026-10-30T10:00", "--time-zone", "America/New_York"))
	lines := strings.Split(out.String(), "\n")
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
}

func TestAPreviewInJSONSaysTheSame(t *testing.T) {
	t.Parallel()
	s, out, _ := at()
	path := policyAt(t, "partners:\n  acme: {steps: [0d, 3d], shadow: true}\n")
	require.NoError(t, previewOf(t, s, "", "--broken-at", "2026-11-23T09:00:00Z", "--time-zone", "Europe/Berlin", "--partner", "acme", "--file", path, "--json"))
	var lines []previewLine
	for in := json.NewDecoder(out); in.More(); {
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

func TestAPreviewIsOfTheFileNamedOrElseOfTheOneConfigured(t *testing.T) {
	t.Parallel()
	configured, named := policyAt(t, "steps: [0d]\n"), policyAt(t, "steps: [0d, 2d]\n")
	when := []string{"--broken-at", "2026-11-23T09:00:00Z", "--time-zone", "UTC"}
	s, out, _ := at()
	require.NoError(t, previewOf(t, s, configured, when...))
	require.Equal(t, 1, strings.Count(out.String(), "reminder"))
	out.Reset()
	require.NoError(t, previewOf(t, s, configured, append(when, "--file", named)...))
	require.Equal(t, 2, strings.Count(out.String(), "reminder"))
	p, err := parsePreview(s, append(when, "--file", policyAt(t, "gap: 1d\nladder: [1d]\n")), "")
	require.NoError(t, err)
	err = p.run()
	require.ErrorContains(t, err, "line 2")
	require.NotErrorIs(t, err, errUsage, "exit 1")
}

func TestAnEndAheadIsPreviewedByItsEnd(t *testing.T) {
	t.Parallel()
	s, out, _ := at()
	require.NoError(t, previewOf(t, s, "", "--broken-at", "2026-11-02T10:00", "--ends-at", "2026-12-10T12:00", "--cause", "consent_expiring", "--time-zone", "Europe/Berlin"))
	require.Contains(t, out.String(), "Tue 2026-11-10 12:00:00 +0100")
	require.Equal(t, 5, strings.Count(out.String(), "reminder"))
	require.Contains(t, out.String(), "it ends then")
}

func TestWrongUsageOfPolicyIsNamed(t *testing.T) {
	t.Parallel()
	s, _, _ := at()
	const when = "--broken-at 2026-11-22T10:00 --time-zone UTC "
	for line, names := range map[string]string{
		"": "--time-zone", "--time-zone UTC": "--broken-at", "--time-zone Mars/Olympus": `"Mars/Olympus"`, "--time-zone Local --broken-at 2026-11-22T10:00": "--time-zone",
		"--time-zone UTC --broken-at noon": `"noon"`, when + "--cause boredom": `"boredom"`, when + "--cause gone": "nobody is mailed",
		when + "--cause consent_expiring":                            "--ends-at",
		when + "--cause institution_migration --ends-at 2026-11-22":  `"2026-11-22"`,
		when + "--cause consent_expiring --ends-at 2026-11-22T10:00": "not after",
		when + "--ends-at 2026-12-22T10:00":                          "--ends-at is for",
		when + "policy.yaml":                                         `"policy.yaml"`,
	} {
		_, err := parsePreview(s, strings.Fields(line), "")
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
	for line, names := range map[string]string{"": "preview or apply", "show": `"show"`} {
		err := runPolicy(t.Context(), strings.Fields(line))
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
	_, err := parseApply(s, nil, "")
	require.ErrorIs(t, err, errUsage)
	_, err = parseApply(s, []string{"a.yaml", "b.yaml"}, "")
	require.ErrorIs(t, err, errUsage)
	l, err := parseApply(s, []string{"--yes"}, "configured.yaml")
	require.NoError(t, err)
	require.Equal(t, "configured.yaml", l.path)
	l, err = parseApply(s, []string{"named.yaml", "--yes"}, "configured.yaml")
	require.NoError(t, err)
	require.Equal(t, "named.yaml", l.path)
}

func TestAPolicyThatIsNotRightIsNotApplied(t *testing.T) {
	t.Parallel()
	err := runPolicy(t.Context(), []string{"apply", "--yes", policyAt(t, "gap: soon\nsteps: [0d]\nquiet: 8\n")})
	require.NotErrorIs(t, err, errUsage, "exit 1")
	require.ErrorContains(t, err, "line 1")
	require.ErrorContains(t, err, "line 3")
}

// appliedPolicies is where policies are applied; it notes when.
type appliedPolicies struct {
	files [][]byte
	at    time.Time
}

func (a *appliedPolicies) AppliedPolicy(context.Context) ([]byte, time.Time, error) {
	if len(a.files) == 0 {
		return nil, time.Time{}, nil
	}
	return a.files[len(a.files)-1], a.at, nil
}

func (a *appliedPolicies) ApplyPolicy(_ context.Context, file []byte, _, _ string) error {
	a.files, a.at = append(a.files, file), time.Now()
	return nil
}

// timedHand notes when the Items were told.
type timedHand struct {
	fakeHand
	told time.Time
}

func (h *timedHand) OrderAll(ctx context.Context, matching string, o item.Order, progress func(done, total int64)) (reached, missed int64, err error) {
	h.told = time.Now()
	return h.fakeHand.OrderAll(ctx, matching, o, progress)
}

func TestItemsPlanAgainOnceEveryWorkerHasTheNewPolicy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := []byte("gap: 24h\n")
		p, err := policy.Parse(file)
		require.NoError(t, err)
		store, h := &appliedPolicies{}, &timedHand{fakeHand: fakeHand{matches: 7}}

		s, _, ask := at("n\n")
		require.NoError(t, applyLine{shell: s}.run(t.Context(), store, h, p, file))
		require.Contains(t, ask.String(), "-> "+p.Version()+": 7 waiting Items plan again; apply it? [y/N]")
		require.Empty(t, store.files)
		require.False(t, h.touched())
		nobody, _, _ := at()
		require.ErrorIs(t, applyLine{shell: nobody}.run(t.Context(), store, h, p, file), errUsage)
		require.Empty(t, store.files)

		s, out, _ := at("y\n")
		require.NoError(t, applyLine{shell: s}.run(t.Context(), store, h, p, file))
		require.Equal(t, [][]byte{file}, store.files)
		require.Equal(t, item.Order{Do: item.Replan, By: "olga"}, h.many[waiting])
		require.Equal(t, "policy "+p.Version()+" holds; 7 of 7 waiting Items plan again\n", out.String())
		require.Greater(t, h.told.Sub(store.at), 5*time.Second, "workers look for a newer policy every 5 s")
	})
}

func TestApplyingThePolicyThatHoldsFinishesARunThatBrokeOff(t *testing.T) {
	t.Parallel()
	file := []byte("gap: 24h\n")
	p, err := policy.Parse(file)
	require.NoError(t, err)
	store, h := &appliedPolicies{files: [][]byte{file}}, &fakeHand{matches: 7, missed: 1}
	s, out, ask := at("y\n")
	l := applyLine{shell: s}
	l.asJSON = true
	require.ErrorContains(t, l.run(t.Context(), store, h, p, file), "1 Item could not be reached")
	require.Contains(t, ask.String(), "policy "+p.Version()+" holds already: 7 waiting Items plan again")
	require.Len(t, store.files, 1, "it is not stored once more")
	require.JSONEq(t, `{"version":"`+p.Version()+`","was":"`+p.Version()+`","do":"replan","matched":7,"reached":6,"missed":1}`, out.String())

	h.batchErr = errors.New("Temporal is away")
	s, _, _ = at("y\n")
	require.ErrorContains(t, applyLine{shell: s}.run(t.Context(), store, h, p, file), "apply it once more")
}
