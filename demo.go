package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"relink/internal/devstack"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
	"relink/internal/postgres"
	"relink/workflows"
)

func runDemo(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	stay := flags.Bool("stay", false, "leave Link to you and your browser, and leave everything running until Ctrl-C")
	asJSON := flags.Bool("json", false, "print one JSON object per step")
	if err := parse(flags, args); err != nil {
		return err
	}
	ctx = proc.DieWithParent(ctx)
	dir, err := scratch.New("demo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	began := time.Now()
	say := teller(os.Stderr)
	say("starting Postgres, Temporal, the local Plaid, the mailbox, api and worker on free ports")
	stack, err := startStack(ctx, devstack.Options{Dir: dir.Path, Say: say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()
	say(fmt.Sprintf("all answer after %.1f s", time.Since(began).Seconds()))
	story := devstack.Story{World: stack.World, TemporalUI: stack.TemporalUI, Out: os.Stdout, JSON: *asJSON, ByHand: *stay}
	if *stay {
		return stayOn(ctx, stack, &story, say)
	}
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := playOrFail(limited, stack, &story); err != nil {
		return err
	}
	say("done; stopping everything")
	return nil
}

// startStack starts every part, with relink's own roles from this binary.
func startStack(ctx context.Context, o devstack.Options) (*devstack.Stack, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find our own binary: %w", err)
	}
	o.Binary, o.SearchAttributes, o.CreateKeyset = self, workflows.SearchAttributes(), postgres.CreateKeyset
	return devstack.Start(ctx, o)
}

// teller prints what goes on, with the time.
func teller(w io.Writer) func(line string) {
	return func(line string) { _, _ = fmt.Fprintf(w, "%s  %s\n", time.Now().Format("15:04:05"), line) }
}

func stayOn(ctx context.Context, stack *devstack.Stack, story *devstack.Story, say func(string)) error {
	file, err := stack.WriteEnv(".")
	if err != nil {
		return err
	}
	say("api " + stack.World.API + " · mailbox " + stack.World.Mailbox + " · Temporal UI " + stack.TemporalUI + " · local Plaid " + stack.World.Sandbox)
	say("environment and tokens in " + file)
	say("ready")
	if err := playOrFail(ctx, stack, story); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // Ctrl-C in the middle of the story is its end
		}
		return err
	}
	say("the story is over; everything stays until Ctrl-C")
	select {
	case <-ctx.Done():
		return nil
	case err := <-stack.Failed():
		return err
	}
}

// playOrFail plays the story, and ends it when a part ends.
func playOrFail(ctx context.Context, stack *devstack.Stack, story *devstack.Story) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-stack.Failed():
			cancel(err)
		case <-ctx.Done():
		}
	}()
	err := story.Play(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return errors.Join(err, cause)
	}
	return err
}
