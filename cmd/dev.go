package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/devstack"
	"relink/internal/devstack/proc"
)

func devCommand(t *cli.Terminal) *cobra.Command {
	var portBase int
	var data string
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run the same parts on fixed ports, with seeds, until Ctrl-C; data is kept",
		Long: "Run Postgres, Temporal, the local Plaid, a mailbox, api and worker on fixed ports, with a few merchants whose\n" +
			"Items are in trouble. It prints \"ready\" once all of them answer, and writes .relink/dev.env for other shells.",
		Example: "  relink dev\n  relink dev --port-base 9000 --data /tmp/relink",
		Args:    cli.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runDev(c.Context(), t, portBase, data) },
	}
	c.Flags().IntVar(&portBase, "port-base", 0, "take the ports from this one on instead of the usual ones")
	c.Flags().StringVar(&data, "data", filepath.Join(".relink", "data"), "folder that keeps everything over a restart")
	return c
}

func runDev(ctx context.Context, t *cli.Terminal, portBase int, data string) (err error) {
	ctx = proc.DieWithParent(ctx)
	dir, err := filepath.Abs(data)
	if err != nil {
		return fmt.Errorf("find --data: %w", err)
	}
	began := time.Now()
	log := timestamped(t.Err)
	stack, err := startStack(ctx, devstack.Options{Dir: dir, Ports: devstack.DevPorts(portBase), Keep: true, Log: log})
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
		{"api", stack.Client.API},
		{"Temporal UI", stack.TemporalUI},
		{"local Plaid", stack.Client.Sandbox},
		{"mailbox", stack.Client.Mailbox},
		{"environment", file},
		{"data and logs", dir},
	} {
		log(fmt.Sprintf("%-14s %s", where[0], where[1]))
	}
	log(fmt.Sprintf("started in %.1f s; Ctrl-C stops everything and keeps the data", time.Since(began).Seconds()))
	log("ready")
	return untilEnded(ctx, stack)
}
