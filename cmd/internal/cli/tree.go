package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// Execute runs the command of the tree that args name. It returns the command's error, and the command whose help
// explains more. An error of cobra's own (an unknown flag, a value that cannot be read) wraps ErrUsage.
func Execute(ctx context.Context, root *cobra.Command, args []string) (*cobra.Command, error) {
	begun := false
	root.PersistentPreRun = func(*cobra.Command, []string) { begun = true }
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(append([]string{}, args...)) // nil would mean the arguments of this process
	c, err := root.ExecuteContextC(ctx)
	if err != nil && !begun && !errors.Is(err, ErrUsage) {
		err = WrongUsage("%w", err)
	}
	if c.Name() == "help" {
		c = root
	}
	return c, err
}

// Group makes c a command that only holds other commands. It is wrong usage to call c without one of them, and to call
// one that does not exist; the error then names the command that was probably meant.
func Group(c *cobra.Command, children ...*cobra.Command) *cobra.Command {
	c.AddCommand(children...)
	c.Args = cobra.ArbitraryArgs
	c.FParseErrWhitelist.UnknownFlags = true // the mistake is the command's name, not the flag after it
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case len(args) > 0 && args[0] == "help":
			return help(c, args[1:])
		case len(args) > 0:
			return unknown(c, args[0])
		case c.HasParent():
			return WrongUsage("%s wants %s", Words(c), enumerated(childrenOf(c), "or"))
		}
		return WrongUsage("name a command")
	}
	return c
}

// Help returns the command "help", which prints the help of any other.
func Help() *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		DisableFlagsInUseLine: true,
		Short:                 "Show what a command does, with its flags and examples",
		Example:               "  relink help\n  relink help items snooze",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return childrenOf(found), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error { return help(c.Root(), args) },
	}
}

// Completion adds the command "completion" to root. It prints a script that completes our commands in a shell, to the
// output that root has at that time.
func Completion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c := childOf(root, "completion")
	c.Short = "Print a script that completes relink's commands in your shell"
	c.Example = "  source <(relink completion bash)"
	for _, shell := range c.Commands() {
		shell.Example = "  relink completion " + shell.Name()
	}
	Group(c)
}

// help prints the help of the command that words name below c.
func help(c *cobra.Command, words []string) error {
	for _, word := range words {
		child := childOf(c, word)
		if child == nil {
			return unknown(c, word)
		}
		c = child
	}
	c.InitDefaultHelpFlag()
	return c.Help()
}

func childOf(c *cobra.Command, name string) *cobra.Command {
	for _, child := range c.Commands() {
		if child.Name() == name {
			return child
		}
	}
	return nil
}

// unknown returns the error for a command that c does not have.
func unknown(c *cobra.Command, name string) error {
	meant := ""
	if c.SuggestionsMinimumDistance <= 0 {
		c.SuggestionsMinimumDistance = 2 // cobra's own default, which cobra sets only where it finds the mistake itself
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		for i := range near {
			near[i] = strconv.Quote(near[i])
		}
		meant = "; did you mean " + enumerated(near, "or") + "?"
	}
	children := childrenOf(c)
	switch {
	case len(children) == 0:
		return WrongUsage("%s has no commands of its own, so also no %q", Words(c), name)
	case !c.HasParent():
		return WrongUsage("there is no command %q%s", name, meant)
	case meant != "":
		return WrongUsage("%s has no %q%s", Words(c), name, meant)
	}
	return WrongUsage("%s has no %q; it has %s", Words(c), name, enumerated(children, "and"))
}

func childrenOf(c *cobra.Command) (names []string) {
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	return names
}

// enumerated joins words as a sentence does: "list, show or replay".
func enumerated(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	head, tail := words[:len(words)-1], words[len(words)-1]
	return strings.Join(head, ", ") + " " + last + " " + tail
}

// UsageTemplate is how a command's help shows its usage, examples, commands and flags. It differs from cobra's own in
// that a group of commands is not shown as something that runs by itself.
const UsageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- $all := .Commands}}
{{- range $group := .Groups}}

{{.Title}}{{range $all}}{{if and .IsAvailableCommand (eq .GroupID $group.ID)}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if and .HasAvailableSubCommands (not .Groups)}}

Commands:{{range $all}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- if .HasAvailableSubCommands}}

'{{.CommandPath}} COMMAND --help' shows the flags and examples of a command.{{end}}
`
