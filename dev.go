package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"relink/internal/devstack"
	"relink/internal/devstack/proc"
)

func runDev(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("dev", flag.ContinueOnError)
	base := flags.Int("port-base", 0, "take the ports from this one on instead of the usual ones")
	data := flags.String("data", filepath.Join(".relink", "data"), "folder that keeps everything over a restart")
	if err := parse(flags, args); err != nil {
		return err
	}
	ctx = proc.DieWithParent(ctx)
	dir, err := filepath.Abs(*data)
	if err != nil {
		return fmt.Errorf("find --data: %w", err)
	}
	began := time.Now()
	say := teller(os.Stderr)
	stack, err := startStack(ctx, devstack.Options{Dir: dir, Ports: devstack.DevPorts(*base), Keep: true, Say: say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()
	if err := stack.Seed(ctx); err != nil {
		return err
	}
	file, err := stack.WriteEnv(".")
	if err != nil {
		return err
	}
	for _, where := range [][2]string{
		{"start page", stack.StartPage},
		{"api", stack.World.API},
		{"Temporal UI", stack.TemporalUI},
		{"local Plaid", stack.World.Sandbox},
		{"mailbox", stack.World.Mailbox},
		{"environment", file},
		{"data and logs", dir},
	} {
		say(fmt.Sprintf("%-14s %s", where[0], where[1]))
	}
	say(fmt.Sprintf("started in %.1f s; Ctrl-C stops everything and keeps the data", time.Since(began).Seconds()))
	say("ready")
	select {
	case <-ctx.Done():
		return nil
	case err := <-stack.Failed():
		return err
	}
}
