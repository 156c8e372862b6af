package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"relink/internal/config"
	"relink/internal/outside"
	"relink/internal/postgres"
)

func runMigrate(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: migrate takes no arguments", errUsage)
	}
	cfg, err := config.Load(config.Migrate, os.Environ())
	if err != nil {
		return err
	}
	applied, err := postgres.Migrate(ctx, cfg.DatabaseURL)
	if err != nil {
		return err
	}
	fmt.Printf("migrated: %d applied\n", applied)
	return nil
}

// runKeyset writes the keyset that seals access tokens, once: a file that is there is left alone.
func runKeyset(_ context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: keyset takes the file to write", errUsage)
	}
	if err := postgres.CreateKeyset(args[0]); err != nil {
		return err
	}
	fmt.Println("the keyset is in", args[0]+"; whoever loses it loses every access token")
	return nil
}

// runReady asks a process of ours whether it is ready; the image has no other tool that could.
func runReady(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: ready takes the URL to ask", errUsage)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	return outside.Call(ctx, "GET", args[0], "", nil, nil)
}
