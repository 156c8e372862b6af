package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/devstack"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

// storyWithin bounds a story that nobody has to take part in.
const storyWithin = 2 * time.Minute

func demoCommand(t *cli.Terminal) *cobra.Command {
	var stay bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Start everything on this machine and play one relink, step by step",
		Long: "Start Postgres, Temporal, the local Plaid, a mailbox, api and worker on free ports, play one whole relink, print\n" +
			"each step with its time and where to look, and stop everything that was started.",
		Example: "  relink demo\n  relink demo --stay",
		Args:    cli.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runDemo(c.Context(), t, stay) },
	}
	c.Flags().BoolVar(&stay, "stay", false, "leave Link to you and your browser, and leave everything running until Ctrl-C")
	t.JSONFlag(c.Flags(), "print one JSON object per step")
	return c
}

func runDemo(ctx context.Context, t *cli.Terminal, stay bool) (err error) {
	ctx = proc.DieWithParent(ctx)
	dir, err := scratch.New("demo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	began := time.Now()
	log := timestamped(t.Err)
	log("starting Postgres, Temporal, the local Plaid, the mailbox, api and worker on free ports")
	stack, err := startStack(ctx, devstack.Options{Dir: dir.Path, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()
	log(fmt.Sprintf("all answer after %.1f s", time.Since(began).Seconds()))
	story := devstack.Story{Client: stack.Client, TemporalUI: stack.TemporalUI, Out: t.Out, JSON: t.JSON, ByHand: stay}
	if stay {
		return stayOn(ctx, stack, &story, log)
	}
	limited, cancel := context.WithTimeout(ctx, storyWithin)
	defer cancel()
	if err := playOrFail(limited, stack, &story); err != nil {
		return err
	}
	log("done; stopping everything")
	return nil
}

// stayOn plays the story with a person, and leaves everything running until ctx ends.
func stayOn(ctx context.Context, stack *devstack.Stack, story *devstack.Story, log func(string)) error {
	file, err := stack.WriteEnv(".")
	if err != nil {
		return err
	}
	log(fmt.Sprintf("api %s · mailbox %s · Temporal UI %s · local Plaid %s",
		stack.Client.API, stack.Client.Mailbox, stack.TemporalUI, stack.Client.Sandbox))
	log("environment and tokens in " + file)
	log("ready")
	if err := playOrFail(ctx, stack, story); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // Ctrl-C in the middle of the story is its end
		}
		return err
	}
	log("the story is over; everything stays until Ctrl-C")
	return untilEnded(ctx, stack)
}

// untilEnded waits for the end of ctx, or for the error of a part that ended by itself.
func untilEnded(ctx context.Context, stack *devstack.Stack) error {
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
