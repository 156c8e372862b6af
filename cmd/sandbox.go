package cmd

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"relink/cmd/internal/cli"
	"relink/internal/httpserver"
	"relink/internal/localplaid"
	"relink/internal/telemetry"
)

func sandboxCommand() *cobra.Command {
	var listen, data string
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the local Plaid alone, for anyone's tests",
		Long: "Serve the local Plaid alone, for anyone's tests. It accepts the PLAID_CLIENT_ID and PLAID_SECRET of its\n" +
			"environment; both are \"sandbox\" by default.",
		Example: "  relink sandbox\n  relink sandbox --listen 127.0.0.1:9001 --data plaid.json",
		Args:    cli.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runSandbox(c.Context(), listen, data) },
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8790", "`address` to listen on")
	c.Flags().StringVar(&data, "data", "", "`file` that keeps Items, tokens and webhook keys over a restart; without it nothing is kept")
	return c
}

func runSandbox(ctx context.Context, listen, data string) error {
	log, err := telemetry.Logger(zapcore.InfoLevel, "sandbox")
	if err != nil {
		return err
	}
	local, err := localplaid.New(localplaid.Options{
		ClientID: cmp.Or(os.Getenv("PLAID_CLIENT_ID"), "sandbox"), Secret: cmp.Or(os.Getenv("PLAID_SECRET"), "sandbox"),
		DataFile: data, Logger: log,
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on --listen: %w", err)
	}
	log.Info("local plaid serves at " + l.Addr().String())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return local.Run(ctx) })
	g.Go(func() error { return httpserver.Serve(ctx, l, local.Handler()) })
	return g.Wait()
}
