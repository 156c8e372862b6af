package cmd

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/devstack/proc"
	"relink/internal/drill"
)

func drillCommand(t *cli.Terminal) *cobra.Command {
	var short, sabotage bool
	c := &cobra.Command{
		Use:     "drill [NAME]",
		Short:   "Rehearse what must not go wrong, each drill PASS or FAIL",
		Example: "  relink drill --short\n  relink drill webhooks --json\n  relink drill list",
		Args:    cli.AtMostOneArg("one name"),
		RunE: func(c *cobra.Command, args []string) error {
			chosen, err := choose(t, "drill", drills(), args)
			if err != nil {
				return err
			}
			return runDrills(c.Context(), t, chosen, short, sabotage)
		},
	}
	describe(c, drills())
	c.Flags().BoolVar(&short, "short", false, "a tenth of the size, within about a minute")
	c.Flags().BoolVar(&sabotage, "sabotage", false, "break the guard on purpose: the drill must then FAIL")
	t.JSONFlag(c.Flags(), "print one JSON object per drill at its end")
	return c
}

func drills() (all []named) {
	for _, d := range drill.All() {
		where := "local"
		if d.Remote {
			where = "remote"
		}
		all = append(all, named{d.Name, fmt.Sprintf("  %-9s %-6s  %s", d.Name, where, d.About)})
	}
	return all
}

func runDrills(ctx context.Context, t *cli.Terminal, chosen []int, short, sabotage bool) error {
	ctx = proc.DieWithParent(ctx)
	held := true
	for _, i := range chosen {
		result := drill.All()[i].Run(ctx, drill.Options{
			Start: startStack, Short: short, Sabotage: sabotage, Logs: filepath.Join(".relink", "drill"), Log: timestamped(t.Err),
		})
		held = held && result.Outcome == drill.Pass
		if err := printResult(t, result); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if !held {
		return errMissed
	}
	return nil
}
