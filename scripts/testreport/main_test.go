package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goTest reports on a module of its own that holds the given test file.
func goTest(t *testing.T, source string) (ok bool, out string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module probe\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "probe_test.go"), []byte(source), 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "test", "-json", "-count=1", "./...")
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOFLAGS=", "GOWORK=off")
	events, _ := cmd.Output() // it fails where the tests do
	var text bytes.Buffer
	ok, err := report(bytes.NewReader(events), &text)
	require.NoError(t, err)
	return ok, text.String()
}

func TestReport_printsOneLineForAPackageThatPasses(t *testing.T) {
	t.Parallel()
	ok, out := goTest(t, `package probe
import "testing"
func TestQuick(t *testing.T) { t.Log("nobody wants to read this") }
func TestWithParts(t *testing.T) { t.Run("part", func(t *testing.T) {}) }
func TestLeftOut(t *testing.T) { t.Skip("for a reason") }
`)
	require.True(t, ok)
	require.Contains(t, out, "ok  \tprobe\t")
	require.NotContains(t, out, "nobody wants")
	require.Contains(t, out, "s  probe TestQuick\n")
	require.NotContains(t, out, "TestWithParts/part")
	require.True(t, strings.HasSuffix(out, "3 passed, 0 failed, 1 skipped\n"), out)
}

func TestReport_printsTheWholeOutputOfAFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, tells string }{
		"a test": {"package probe\nimport \"testing\"\n" +
			"func TestRule(t *testing.T) { t.Error(\"the rule is broken\") }\n", "the rule is broken"},
		"one that dies": {"package probe\nimport (\n\"os\"\n\"testing\"\n)\n" +
			"func TestDies(t *testing.T) { println(\"last words\"); os.Exit(3) }\n", "last words"},
		"one that panics": {"package probe\nimport \"testing\"\nfunc TestPanics(t *testing.T) { panic(\"out of ideas\") }\n", "out of ideas"},
		"a build":         {"package probe\nimport \"testing\"\nfunc TestX(t *testing.T) { undefined() }\n", "undefined: undefined"},
		"no test at all":  {"package probe\n", "0 passed, 0 failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, out := goTest(t, c.source)
			require.False(t, ok, out)
			require.Contains(t, out, c.tells)
		})
	}
}

func TestReport_printsLinesThatAreNoEvents(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ok, err := report(strings.NewReader("go: cannot find main module\n"), &out)
	require.NoError(t, err)
	require.False(t, ok)
	require.Contains(t, out.String(), "go: cannot find main module")
}
