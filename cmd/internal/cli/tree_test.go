package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// runTree runs a line on a small tree of commands: items list, items show ID, api.
func runTree(t *testing.T, line string) (c *cobra.Command, out string, err error) {
	t.Helper()
	var text bytes.Buffer
	root := &cobra.Command{Use: "relink"}
	leaf := func(use string, args cobra.PositionalArgs) *cobra.Command {
		leaf := &cobra.Command{Use: use, Short: "do " + use, Args: args, RunE: func(c *cobra.Command, args []string) error {
			if c.Name() == "api" {
				return errors.New("the port is taken")
			}
			_, err := c.OutOrStdout().Write([]byte("ran " + use + " with " + strings.Join(args, ",")))
			return err
		}}
		leaf.Flags().Bool("json", false, "print JSON")
		leaf.Flags().Int("limit", 0, "most of them")
		return leaf
	}
	Group(root, Group(&cobra.Command{Use: "items", Short: "Items"}, leaf("list", NoArgs), leaf("show ID", OneArg("one id"))),
		leaf("api", AtMostOneArg("one name")))
	root.SetOut(&text)
	root.SetErr(&text)
	root.SetUsageTemplate(UsageTemplate)
	root.SetHelpCommand(Help())
	Completion(root)
	c, err = Execute(t.Context(), root, strings.Fields(line))
	return c, text.String(), err
}

func TestExecute_takesFlagsOnBothSidesOfArguments(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"items show itm_1 --json", "items show --json itm_1", "items show --limit 3 itm_1 --json"} {
		_, out, err := runTree(t, line)
		require.NoError(t, err, line)
		require.Equal(t, "ran show ID with itm_1", out, line)
	}
}

func TestExecute_everySlipIsWrongUsageInOneLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct{ says, helpOf string }{
		"":                     {"name a command", "relink"},
		"--json":               {"name a command", "relink"},
		"itmes":                {`there is no command "itmes"; did you mean "items"?`, "relink"},
		"itmes --json":         {`did you mean "items"?`, "relink"},
		"nothing":              {`there is no command "nothing"`, "relink"},
		"items":                {"items wants list or show", "relink items"},
		"items shwo":           {`items has no "shwo"; did you mean "show"?`, "relink items"},
		"items bury itm_1":     {`items has no "bury"; it has list and show`, "relink items"},
		"items list itm_1":     {`items list takes no argument "itm_1"`, "relink items list"},
		"items show":           {"items show takes one id", "relink items show"},
		"items show a b":       {"items show takes one id", "relink items show"},
		"items list --quietly": {"unknown flag: --quietly", "relink items list"},
		"items list --limit":   {"flag needs an argument", "relink items list"},
		"items list --limit x": {`invalid argument "x"`, "relink items list"},
		"api a b":              {`api takes one name, not also "b"`, "relink api"},
		"help nothing":         {`there is no command "nothing"`, "relink"},
		"help items shwo":      {`did you mean "show"?`, "relink"},
		"help items list x":    {`items list has no commands of its own`, "relink"},
		"completion":           {"completion wants bash, fish, powershell or zsh", "relink completion"},
		"completion tcsh":      {`completion has no "tcsh"`, "relink completion"},
	} {
		c, out, err := runTree(t, line)
		require.ErrorIs(t, err, ErrUsage, line)
		require.ErrorContains(t, err, want.says, line)
		require.NotContains(t, err.Error(), "\n", line)
		require.Empty(t, out, "%s: a mistake does not print the whole usage", line)
		require.Equal(t, want.helpOf, c.CommandPath(), line)
	}
}

func TestExecute_aFailureIsNoWrongUsage(t *testing.T) {
	t.Parallel()
	_, out, err := runTree(t, "api")
	require.EqualError(t, err, "the port is taken")
	require.NotErrorIs(t, err, ErrUsage)
	require.Empty(t, out)
}

func TestExecute_helpIsAskedForInEveryWay(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"-h": "relink COMMAND", "--help": "relink COMMAND", "help": "relink COMMAND", "help help": "relink help [COMMAND]",
		"items -h": "relink items COMMAND", "items --help": "relink items COMMAND",
		"help items": "relink items COMMAND", "items help": "relink items COMMAND",
		"items list -h": "relink items list [flags]", "help items list": "relink items list [flags]",
		"items help list":      "relink items list [flags]",
		"items show --json -h": "relink items show ID [flags]", "completion -h": "relink completion COMMAND",
	} {
		_, out, err := runTree(t, line)
		require.NoError(t, err, line)
		require.Contains(t, out, "Usage:\n  "+want+"\n", line)
	}
}

func TestCompletion_knowsCommandsAndShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		_, out, err := runTree(t, "completion "+shell)
		require.NoError(t, err, shell)
		require.Contains(t, out, "relink", shell)
	}
	_, out, err := runTree(t, "__complete items sh")
	require.NoError(t, err)
	require.Contains(t, out, "show\t")
	_, out, err = runTree(t, "__complete help it")
	require.NoError(t, err)
	require.Contains(t, out, "items")
}
