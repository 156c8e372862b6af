package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"

	"github.com/schollz/progressbar/v3"

	"relink/internal/config"
	"relink/internal/enrolment"
)

// runStarter enrols the Items of a file. The api's dispatcher starts their workflows.
func runStarter(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("starter", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print the tally as JSON")
	perSecond := flags.Float64("per-second", 20, "most Items enrolled a second, so that Plaid's limits hold")
	var shadow *bool
	flags.BoolFunc("shadow", "watch the Items, and record mails instead of sending them; --shadow=false ends that for all in the file", func(said string) error {
		on, err := strconv.ParseBool(said)
		shadow = &on
		return err
	})
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() != 1 || *perSecond <= 0 {
		return fmt.Errorf("%w: starter takes one CSV file, behind its flags", errUsage)
	}
	file, err := os.Open(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("open enrolment file: %w", err)
	}
	defer func() { _ = file.Close() }()
	rows, err := enrolment.ReadRows(file)
	if err != nil {
		return fmt.Errorf("%s is not right, nothing was enrolled:\n%w", flags.Arg(0), err)
	}
	p, err := open(ctx, config.Starter)
	if err != nil {
		return err
	}
	defer p.close()
	bar := progressbar.NewOptions(len(rows), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("enrolling"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true))
	tally, err := enrolment.Enroller{
		Plaid: p.plaid, Store: p.store, Environment: p.cfg.PlaidEnv, PerSecond: *perSecond, Shadow: shadow,
		Progress: func(done int) { _ = bar.Set(done) },
	}.Enrol(ctx, rows)
	fmt.Fprintln(os.Stderr)
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(tally); err != nil {
			return fmt.Errorf("write tally: %w", err)
		}
	} else {
		fmt.Printf("%d enrolled, %d enrolled before, %d failed\n", tally.Enrolled, tally.Known, tally.Failed)
	}
	return err
}
