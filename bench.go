package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"relink/internal/bench"
	"relink/internal/devstack/proc"
)

func runBench(ctx context.Context, args []string) error {
	if len(args) == 4 && args[1] == bench.ServeBaselineFlag { // our own child: see bench.ServeBaseline
		return bench.ServeBaseline(ctx, args[2], args[3])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print one JSON object per bench at its end")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: relink bench [NAME] [flags]\n\n%s\n", listBenches())
		flags.PrintDefaults()
	}
	name, err := parseNamed(flags, args)
	if err != nil {
		return err
	}
	if name == "list" {
		fmt.Print(listBenches())
		return nil
	}
	var chosen []bench.Bench
	for _, b := range bench.All() {
		if name == "" || name == b.Name {
			chosen = append(chosen, b)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("%w: there is no bench %q\n%s", errUsage, name, listBenches())
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find our own binary: %w", err)
	}
	ctx = proc.DieWithParent(ctx)
	held := true
	for _, b := range chosen {
		result, err := b.Run(ctx, bench.Options{Start: startStack, Binary: self, Say: teller(os.Stderr)})
		if err != nil {
			return fmt.Errorf("bench %s: %w", b.Name, err)
		}
		held = held && result.Holds
		if *asJSON {
			err = json.NewEncoder(os.Stdout).Encode(result)
		} else {
			_, err = fmt.Println(result)
		}
		if err != nil {
			return fmt.Errorf("write result: %w", err)
		}
	}
	if !held {
		return errMissed
	}
	return nil
}

func listBenches() string {
	var b strings.Builder
	for _, one := range bench.All() {
		fmt.Fprintf(&b, "  %-9s %s\n", one.Name, one.About)
	}
	return b.String()
}
