// Command relink keeps Plaid Items connected. Each subcommand is one process of the README.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"relink/internal/devstack"
)

type command struct {
	name, does string
	run        func(ctx context.Context, args []string) error
}

var commands = []command{
	{"demo", "start everything on this machine and play one relink, step by step", runDemo},
	{"dev", "the same parts on fixed ports, with seeds, until Ctrl-C; data is kept", runDev},
	{"api", "serve webhooks, the relink page and /v1", runAPI},
	{"worker", "run workflows and activities", runWorker},
	{"starter", "enrol the Items of a CSV file", runStarter},
	{"items", "list Items, show one with its timeline, or give orders to one or many", runItems},
	{"tasks", "end a task that needed a person", runTasks},
	{"mails", "pause mails, release them, stop an address, or list what is stopped", runMails},
	{"policy", "show when a policy would mail, or have it hold from now on", runPolicy},
	{"deadletters", "list, show, replay or discard webhooks that only a person can help", runDeadLetters},
	{"migrate", "bring the database to this version's schema", runMigrate},
	{"keyset", "write a keyset that seals access tokens", runKeyset},
	{"ready", "ask a URL whether its process is ready", runReady},
	{"sandbox", "serve the local Plaid", runSandbox},
	{"drill", "rehearse what must not go wrong, each drill PASS or FAIL", runDrill},
	{"bench", "measure, each figure beside its baseline from the same run", runBench},
}

// errUsage is wrapped by every error that is the caller's wrong usage: exit 2.
var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills at once
	err := dispatch(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "relink: %v\n\n%s", err, usage())
		os.Exit(2)
	case devstack.NotInstalled(err):
		fmt.Fprintln(os.Stderr, "relink:", err)
		os.Exit(3)
	}
	fmt.Fprintln(os.Stderr, "relink:", err)
	os.Exit(1)
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: name a command", errUsage)
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:])
		}
	}
	return fmt.Errorf("%w: there is no command %q", errUsage, args[0])
}

func usage() string {
	text := "usage: relink COMMAND [flags]\n\n"
	for _, c := range commands {
		text += fmt.Sprintf("  %-11s %s\n", c.name, c.does)
	}
	return text + "\nrelink COMMAND -h lists a command's flags.\n"
}
