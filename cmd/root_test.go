package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// understood returns what is wrong with a shell line that calls relink: its command, a flag, or its arguments.
func understood(line string) error {
	words := shellWords(line)
	if len(words) == 0 || words[0] != "relink" {
		return fmt.Errorf("%q does not call relink", line)
	}
	root := tree()
	c, rest, err := root.Find(words[1:])
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	args := c.Flags().Args()
	if c.HasAvailableSubCommands() && len(args) > 0 {
		return fmt.Errorf("%s: %s has no %q", line, c.CommandPath(), args[0])
	}
	if err := c.ValidateArgs(args); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

// shellWords splits a line as a shell does, as far as our documents need it: quotes, and a comment at the end.
func shellWords(line string) (words []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(#.*)|([^\s"'#]+)`).FindAllStringSubmatch(line, -1) {
		if m[3] == "" {
			words = append(words, m[1]+m[2]+m[4])
		}
	}
	return words
}

// documents are the files from which a reader copies command lines.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	all := map[string]string{}
	for _, path := range append(paths, "../README.md", "../SECURITY.md") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all[path] = string(text)
	}
	require.Greater(t, len(all), 5)
	return all
}

func TestDocuments_commandLinesAreUnderstood(t *testing.T) {
	t.Parallel()
	block, run := regexp.MustCompile("(?s)```sh\n(.*?)```"), regexp.MustCompile(`(?m)^(?:go run \.|relink) (.*)$`)
	inline := regexp.MustCompile("`relink ([a-z][^`]*)`")
	lines, spans := 0, 0
	for path, text := range documents(t) {
		for _, b := range block.FindAllStringSubmatch(text, -1) {
			for _, m := range run.FindAllStringSubmatch(b[1], -1) {
				lines++
				line := regexp.MustCompile(`\b(TASK_)?ID\b`).ReplaceAllString(m[1], "17")
				require.NoError(t, understood("relink "+line), path)
			}
		}
		for _, m := range inline.FindAllStringSubmatch(text, -1) {
			spans++
			for _, alternative := range alternatives(m[1]) {
				c, rest, err := tree().Find(shellWords(alternative))
				require.NoError(t, err, path)
				if c.HasAvailableSubCommands() && len(rest) > 0 {
					require.Regexp(t, `^[A-Z-]`, rest[0], "%s: `relink %s` has no such command", path, m[1])
				}
			}
		}
	}
	require.Greater(t, lines, 20)
	require.Greater(t, spans, 20)
}

// alternatives writes out "a b|c": "a b" and "a c".
func alternatives(line string) (all []string) {
	head, last := "", line
	if i := strings.LastIndex(strings.SplitN(line, "|", 2)[0], " "); i >= 0 {
		head, last = line[:i+1], line[i+1:]
	}
	for one := range strings.SplitSeq(last, "|") {
		all = append(all, head+one)
	}
	return all
}

func TestReadme_tableHasEveryCommand(t *testing.T) {
	t.Parallel()
	_, section, found := strings.Cut(documents(t)["../README.md"], "## The commands\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, c := range tree().Commands() {
		if !c.Hidden {
			require.Regexp(t, "`"+c.Name()+"[` ]", section)
		}
	}
}
