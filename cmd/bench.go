package cmd

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/bench"
	"relink/internal/devstack/proc"
)

func benchCommand(t *cli.Terminal) *cobra.Command {
	var baseline bool
	oneName := cli.AtMostOneArg("one name")
	c := &cobra.Command{
		Use:     "bench [NAME]",
		Short:   "Measure, each figure beside its baseline from the same run",
		Example: "  relink bench\n  relink bench ingest --json\n  relink bench list",
		Args: func(c *cobra.Command, args []string) error {
			if baseline && len(args) == 3 {
				return nil
			}
			return oneName(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if baseline {
				return bench.ServeBaseline(c.Context(), args[1], args[2])
			}
			chosen, err := choose(t, "bench", benches(), args)
			if err != nil {
				return err
			}
			return runBenches(c.Context(), t, chosen)
		},
	}
	describe(c, benches())
	t.JSONFlag(c.Flags(), "print one JSON object per bench at its end")
	hidden := strings.TrimPrefix(bench.ServeBaselineFlag, "--") // our own child: see bench.ServeBaseline
	c.Flags().BoolVar(&baseline, hidden, false, "")
	_ = c.Flags().MarkHidden(hidden) // it fails for a flag that is not there
	return c
}

func benches() (all []named) {
	for _, b := range bench.All() {
		all = append(all, named{b.Name, fmt.Sprintf("  %-9s %s", b.Name, b.About)})
	}
	return all
}

func runBenches(ctx context.Context, t *cli.Terminal, chosen []int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find our own binary: %w", err)
	}
	ctx = proc.DieWithParent(ctx)
	held := true
	for _, i := range chosen {
		b := bench.All()[i]
		result, err := b.Run(ctx, bench.Options{Start: startStack, Binary: self, Log: timestamped(t.Err)})
		if err != nil {
			return fmt.Errorf("bench %s: %w", b.Name, err)
		}
		held = held && result.Holds
		if err := printResult(t, result); err != nil {
			return err
		}
	}
	if !held {
		return errMissed
	}
	return nil
}
