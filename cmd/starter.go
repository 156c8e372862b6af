package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/config"
	"relink/internal/enrolment"
)

func starterCommand(t *cli.Terminal) *cobra.Command {
	var perSecond float64
	var shadow bool
	c := &cobra.Command{
		Use:   "starter FILE.csv",
		Short: "Enrol the Items of a CSV file",
		Long: "Enrol the Items of a CSV file; the api starts their workflows. A second run goes on where the first one stopped. The\n" +
			"file's first row names its columns, in any order; a column that is missing or unknown is named.",
		Example: "  relink starter items.csv --shadow\n  relink starter items.csv --shadow=false",
		Args:    cli.OneArg("one CSV file"),
		RunE: func(c *cobra.Command, args []string) error {
			if perSecond <= 0 {
				return cli.WrongUsage("--per-second %g is not above 0", perSecond)
			}
			var shadowing *bool // nil leaves Items as they are
			if c.Flags().Changed("shadow") {
				shadowing = &shadow
			}
			return enrol(c.Context(), t, args[0], perSecond, shadowing)
		},
	}
	c.Flags().Float64Var(&perSecond, "per-second", 20, "most Items enrolled a second, so that Plaid's limits hold")
	c.Flags().BoolVar(&shadow, "shadow", false,
		"watch the Items, and record mails instead of sending them; --shadow=false ends that for all in the file")
	t.JSONFlag(c.Flags(), "print the tally as JSON")
	return c
}

// enrol enrols the Items of a file. Nothing is enrolled when any row is wrong.
func enrol(ctx context.Context, t *cli.Terminal, path string, perSecond float64, shadow *bool) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open enrolment file: %w", err)
	}
	defer func() { _ = file.Close() }()
	rows, err := enrolment.ReadRows(file)
	if err != nil {
		return fmt.Errorf("%s is not right, nothing was enrolled:\n%w", path, err)
	}
	p, err := open(ctx, config.Starter)
	if err != nil {
		return err
	}
	defer p.close()
	bar := t.Progress("enrolling", int64(len(rows)))
	tally, err := enrolment.Enroller{
		Plaid: p.plaid, Store: p.store, Environment: p.cfg.PlaidEnv, PerSecond: perSecond, Shadow: shadow,
		Progress: func(done int) { bar.Set(int64(done), 0) },
	}.Enrol(ctx, rows)
	bar.End()
	printed := t.Result(tally, "%d enrolled, %d enrolled before, %d failed", tally.Enrolled, tally.Known, tally.Failed)
	if printed != nil {
		return printed
	}
	return err
}
