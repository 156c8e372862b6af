package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"

	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"relink/internal/httpserver"
	"relink/internal/sandbox"
	"relink/internal/telemetry"
)

func runSandbox(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8790", "address to listen on")
	data := flags.String("data", "", "file that keeps Items, tokens and webhook keys over a restart; without it nothing is kept")
	if err := parse(flags, args); err != nil {
		return err
	}
	log, err := telemetry.Logger(zapcore.InfoLevel, "sandbox")
	if err != nil {
		return err
	}
	local, err := sandbox.New(sandbox.Options{
		ClientID: envOr("PLAID_CLIENT_ID", "sandbox"), Secret: envOr("PLAID_SECRET", "sandbox"), DataFile: *data, Logger: log,
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on --listen: %w", err)
	}
	log.Info("local plaid serves at " + l.Addr().String())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return local.Run(ctx) })
	g.Go(func() error { return httpserver.Serve(ctx, l, local.Handler()) })
	return g.Wait()
}

func envOr(name, value string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return value
}
