package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/cmd/people"
	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/temporalserver"
)

// nothing is a backend of which every part returns an error.
type nothing struct{}

var errAway = errors.New("it is away")

func (nothing) Records(context.Context) (people.Records, error)     { return nil, errAway }
func (nothing) Commander(context.Context) (people.Commander, error) { return nil, errAway }
func (nothing) Replayer(context.Context) (people.Replayer, error)   { return nil, errAway }

// relink runs a command line of the whole tree.
func relink(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	term := &cli.Terminal{Actor: "olga", In: strings.NewReader(""), Out: &o, Err: &e}
	code = run(t.Context(), newRoot(term, nothing{}), term, args)
	return code, o.String(), e.String()
}

func TestRun_exitCodes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"version":                        exitDone,
		"items list":                     exitFailed,
		"items":                          exitWrongUsage,
		"items list --state x":           exitWrongUsage,
		"items remind itm_1":             exitFailed,
		"itmes list":                     exitWrongUsage,
		"api now":                        exitWrongUsage,
		"worker --fast":                  exitWrongUsage,
		"demo --stay now":                exitWrongUsage,
		"dev --port-base many":           exitWrongUsage,
		"drill flood":                    exitWrongUsage,
		"drill webhooks nag":             exitWrongUsage,
		"bench flood --json":             exitWrongUsage,
		"bench ingest --json storm":      exitWrongUsage,
		"starter":                        exitWrongUsage,
		"starter a.csv b.csv":            exitWrongUsage,
		"starter a.csv --per-second 0":   exitWrongUsage,
		"starter a.csv --shadow=perhaps": exitWrongUsage,
		"starter /nowhere/a.csv":         exitFailed,
		"keyset":                         exitWrongUsage,
		"keyset a b":                     exitWrongUsage,
		"migrate now":                    exitWrongUsage,
		"ready":                          exitWrongUsage,
		"sandbox 127.0.0.1:0":            exitWrongUsage,
		"version now":                    exitWrongUsage,
		"":                               exitWrongUsage,
	} {
		code, _, errOut := relink(t, strings.Fields(line)...)
		require.Equal(t, want, code, "relink %s: %s", line, errOut)
	}
}

func TestRun_whatMustBeInstalledFirstIsAnExitCodeOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, missing := range []error{pgserver.ErrNoPostgres, temporalserver.ErrNoTemporal} {
		var errOut bytes.Buffer
		term := &cli.Terminal{Err: &errOut}
		root := cli.Group(&cobra.Command{Use: "relink"}, &cobra.Command{Use: "demo", RunE: func(*cobra.Command, []string) error {
			return fmt.Errorf("start: %w", missing)
		}})
		require.Equal(t, exitNotInstalled, run(t.Context(), root, term, []string{"demo"}))
		require.Contains(t, errOut.String(), "relink: start: ")
	}
}

func TestRun_aSlipIsOneLineAndWhereHelpIs(t *testing.T) {
	t.Parallel()
	code, out, errOut := relink(t, "items", "snoze", "itm_1", "--until", "3d")
	require.Equal(t, exitWrongUsage, code)
	require.Empty(t, out)
	require.Equal(t,
		"relink: wrong usage: items has no \"snoze\"; did you mean \"snooze\"?\n'relink items --help' shows how it is used\n", errOut)
	code, out, errOut = relink(t, "items", "snooze", "itm_1")
	require.Equal(t, exitWrongUsage, code)
	require.Empty(t, out)
	require.Equal(t, "relink: wrong usage: items snooze wants --until\n'relink items snooze --help' shows how it is used\n", errOut)
}

func TestRun_aFailureSaysWhyAndNothingOfUsage(t *testing.T) {
	t.Parallel()
	code, out, errOut := relink(t, "items", "list")
	require.Equal(t, exitFailed, code)
	require.Empty(t, out)
	require.Equal(t, "relink: it is away\n", errOut)
}

// everyCommand calls check for each command of the tree except cobra's own hidden ones.
func everyCommand(t *testing.T, check func(c *cobra.Command)) {
	t.Helper()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		check(c)
		for _, child := range c.Commands() {
			if !child.Hidden {
				walk(child)
			}
		}
	}
	walk(tree())
}

func tree() *cobra.Command {
	term := &cli.Terminal{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, In: strings.NewReader("")}
	root := newRoot(term, nothing{})
	root.InitDefaultHelpCmd()
	return root
}

func TestEveryCommand_hasHelpWithExamplesInAllWaysOfAsking(t *testing.T) {
	t.Parallel()
	n := 0
	everyCommand(t, func(c *cobra.Command) {
		n++
		require.NotEmpty(t, c.Short, c.CommandPath())
		require.NotEmpty(t, c.Example, c.CommandPath())
		words := strings.Fields(c.CommandPath())[1:]
		for _, way := range [][]string{
			slices.Concat([]string{"help"}, words), slices.Concat(words, []string{"-h"}), slices.Concat(words, []string{"--help"}),
		} {
			code, out, errOut := relink(t, way...)
			require.Equal(t, exitDone, code, way)
			require.Empty(t, errOut, way)
			require.Contains(t, out, "Usage:\n  "+c.CommandPath(), way)
			require.Contains(t, out, c.Example, way)
		}
	})
	require.Greater(t, n, 40)
}

func TestEveryCommand_examplesAreRight(t *testing.T) {
	t.Parallel()
	everyCommand(t, func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			line = strings.TrimSpace(line)
			if inner, ok := strings.CutPrefix(line, "source <("); ok {
				line = strings.TrimSuffix(inner, ")")
			}
			require.NoError(t, understood(line), "an example of %s", c.CommandPath())
		}
	})
}
