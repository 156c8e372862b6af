package cmd

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/cmd/people"
	"relink/internal/devstack"
)

// The exit codes. Scripts rely on them.
const (
	exitDone         = 0
	exitFailed       = 1
	exitWrongUsage   = 2
	exitNotInstalled = 3 // a person must install something first; the error says what
)

// Run executes one command line of this process, and returns its exit code.
func Run(ctx context.Context, args []string) int {
	t := cli.NewTerminal(os.Stdin, os.Stdout, os.Stderr)
	b := &backend{environ: os.Environ()}
	defer b.close()
	return run(ctx, newRoot(t, b), t, args)
}

// run executes one command line of a tree, and returns its exit code. It prints an error, and for wrong usage also the
// command that explains more.
func run(ctx context.Context, root *cobra.Command, t *cli.Terminal, args []string) int {
	c, err := cli.Execute(ctx, root, args)
	if err == nil {
		return exitDone
	}
	t.Fail(err)
	switch {
	case errors.Is(err, cli.ErrUsage):
		t.Note("'%s --help' shows how it is used", c.CommandPath())
		return exitWrongUsage
	case devstack.NotInstalled(err):
		return exitNotInstalled
	}
	return exitFailed
}

// The groups of commands in "relink help".
const (
	processes = "processes"
	forPeople = "people"
	setUp     = "set-up"
	workshop  = "workshop"
)

// newRoot returns the tree of all commands.
func newRoot(t *cli.Terminal, b people.Backend) *cobra.Command {
	root := &cobra.Command{
		Use:   "relink",
		Short: "relink keeps Plaid Items connected.",
		Long: "relink keeps Plaid Items connected: it takes webhooks as hints, asks Plaid for the truth, mails the merchant a\n" +
			"deep link, and resumes the moment update-mode Link has repaired the Item.",
		Example: "  relink demo                # one whole relink on this machine, step by step\n" +
			"  relink items list --state login_required\n  relink help items snooze",
	}
	root.SetIn(t.In)
	root.SetOut(t.Out)
	root.SetErr(t.Err)
	root.AddGroup(
		&cobra.Group{ID: workshop, Title: "On this machine:"}, &cobra.Group{ID: processes, Title: "Processes:"},
		&cobra.Group{ID: forPeople, Title: "For people:"}, &cobra.Group{ID: setUp, Title: "Setting up:"},
	)
	cli.Group(root)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(workshop, demoCommand(t), devCommand(t), sandboxCommand(), drillCommand(t), benchCommand(t))
	add(processes, apiCommand(), workerCommand())
	add(forPeople, people.Commands(people.Deps{Terminal: t, Backend: b, PolicyFile: os.Getenv("POLICY_FILE"), Now: time.Now})...)
	add(forPeople, starterCommand(t))
	add(setUp, migrateCommand(t), keysetCommand(t), readyCommand(), versionCommand(t))
	root.SetHelpCommandGroupID(setUp)
	root.SetCompletionCommandGroupID(setUp)
	root.SetHelpCommand(cli.Help())
	cli.Completion(root)
	root.SetUsageTemplate(cli.UsageTemplate)
	return root
}
