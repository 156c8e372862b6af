package cmd

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// understood returns what is wrong with a line of a shell that calls relink: its command, a flag, or its arguments.
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

// shellWords splits a line as a shell does, as far as our documents go: quotes, and a comment at the end.
func shellWords(line string) (words []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(#.*)|([^\s"'#]+)`).FindAllStringSubmatch(line, -1) {
		if m[3] == "" {
			words = append(words, m[1]+m[2]+m[4])
		}
	}
	return words
}

// documents returns the text of what a reader copies command lines from, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	add := func(path string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all[path] = string(text)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md"} {
		add(filepath.Join("..", name))
	}
	require.NoError(t, filepath.WalkDir(filepath.Join("..", "docs"), func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			add(path)
		}
		return err
	}))
	require.Greater(t, len(all), 25)
	return all
}

var (
	shellBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	commandLine = regexp.MustCompile(`(?m)^(?:go run \.|relink) (.*)$`)
	inlineLine  = regexp.MustCompile("`(?:relink|go run \\.) ([a-z][^`]*)`")
	anID        = regexp.MustCompile(`\b(TASK_)?ID\b`)
)

// commandProblems returns what is wrong with the command lines of a document, and how many it has. A line of a block is
// read whole; of one in a sentence the command and its flags are read, because it may lack its arguments.
func commandProblems(text string) (wrong []string, lines int) {
	for _, b := range shellBlock.FindAllStringSubmatch(text, -1) {
		for _, m := range commandLine.FindAllStringSubmatch(b[1], -1) {
			lines++
			if err := understood("relink " + anID.ReplaceAllString(m[1], "17")); err != nil {
				wrong = append(wrong, err.Error())
			}
		}
	}
	for _, m := range inlineLine.FindAllStringSubmatch(text, -1) {
		for _, alternative := range alternatives(m[1]) {
			lines++
			if err := beginsWell(alternative); err != nil {
				wrong = append(wrong, err.Error())
			}
		}
	}
	return wrong, lines
}

// beginsWell returns what is wrong with a command line that may lack its arguments.
func beginsWell(line string) error {
	c, rest, err := tree().Find(shellWords(line))
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	if args := c.Flags().Args(); c.HasAvailableSubCommands() && len(args) > 0 && strings.ToUpper(args[0]) != args[0] {
		return fmt.Errorf("%s: %s has no %q", line, c.CommandPath(), args[0])
	}
	return nil
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

func TestDocuments_commandLinesAreUnderstood(t *testing.T) {
	t.Parallel()
	total := 0
	for path, text := range documents(t) {
		wrong, lines := commandProblems(text)
		require.Empty(t, wrong, path)
		total += lines
	}
	require.Greater(t, total, 60)
}

// A check that finds nothing in a bad document would prove nothing about the good ones.
func TestCommandProblems_findsEachBadLine(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"```sh\nrelink itmes list\n```",
		"```sh\nrelink items lst\n```",
		"```sh\ngo run . items list --stat removed\n```",
		"```sh\nrelink items snooze ITEM_ID --until\n```",
		"```sh\nrelink drill webhooks nag\n```",
		"```sh\nrelink starter\n```",
		"See `relink polices apply`.",
		"See `relink policy aply FILE`.",
		"See `relink items recheck|reminds`.",
		"See `relink drill webhooks --shorter`.",
	} {
		wrong, _ := commandProblems(bad)
		require.Len(t, wrong, 1, bad)
	}
	wrong, lines := commandProblems("`relink items ITEM`, `relink mails suppress|unsuppress`, `relink starter --shadow FILE.csv`\n" +
		"```sh\nrelink tasks done TASK_ID\ngo run . demo --stay # until Ctrl-C\ngo test ./...\n```")
	require.Empty(t, wrong)
	require.Equal(t, 6, lines)
}

func TestReadme_tableHasEveryCommand(t *testing.T) {
	t.Parallel()
	_, section, found := strings.Cut(documents(t)[filepath.Join("..", "README.md")], "## The commands\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, c := range tree().Commands() {
		if !c.Hidden {
			require.Regexp(t, "`"+c.Name()+"[` ]", section)
		}
	}
}
