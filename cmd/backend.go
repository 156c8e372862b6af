package cmd

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap/zapcore"

	"relink/cmd/people"
	"relink/internal/config"
	"relink/internal/inbox"
	"relink/internal/postgres"
	"relink/internal/telemetry"
	"relink/internal/vault"
	"relink/internal/webhook"
	"relink/starter"
)

// backend implements people.Backend with Postgres and Temporal. It opens each when a command needs it, and then reads
// only the environment variables that this part needs.
type backend struct {
	environ []string
	closers []func()
}

func (b *backend) close() {
	for _, closeIt := range b.closers {
		closeIt()
	}
}

// Records implements people.Backend. It needs the database alone.
func (b *backend) Records(ctx context.Context) (people.Records, error) {
	cfg, err := config.Load(config.Migrate, b.environ)
	if err != nil {
		return nil, err
	}
	return b.open(ctx, cfg.DatabaseURL)
}

func (b *backend) open(ctx context.Context, databaseURL string) (*postgres.Store, error) {
	store, err := postgres.Open(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	b.closers = append(b.closers, store.Close)
	return store, nil
}

// Replayer implements people.Backend. It needs the database, and the keyset that webhooks' bodies are sealed with.
func (b *backend) Replayer(ctx context.Context) (people.Replayer, error) {
	cfg, err := config.Load(config.Replay, b.environ)
	if err != nil {
		return nil, err
	}
	secrets, err := vault.FromKeyset(cfg.KeysetFile)
	if err != nil {
		return nil, err
	}
	store, err := b.open(ctx, cfg.DatabaseURL)
	if err != nil {
		return nil, err
	}
	return replayer{store, webhook.Intake{Environment: cfg.PlaidEnv, Forwards: cfg.Forwards}.Reread(secrets.OpenBody)}, nil
}

// replayer parses sealed bodies again, with what this version understands.
type replayer struct {
	*postgres.Store
	reread func(deliveryKey, sealed []byte) (inbox.Entry, error)
}

// Replay implements people.Replayer.
func (r replayer) Replay(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error) {
	return r.Store.Replay(ctx, o, r.reread)
}

// Commander implements people.Backend. It needs Temporal, and PLAID_ENV, the environment of the Items. It connects with
// the first call.
func (b *backend) Commander(context.Context) (people.Commander, error) {
	cfg, err := config.Load(config.Operator, b.environ)
	if err != nil {
		return nil, err
	}
	log, err := telemetry.Logger(max(cfg.LogLevel, zapcore.WarnLevel), "shell")
	if err != nil {
		return nil, err
	}
	opts, err := temporalOptions()
	if err != nil {
		return nil, err
	}
	temporal, err := temporalClient(telemetry.New(log, telemetry.Options{}))
	if err != nil {
		return nil, err
	}
	b.closers = append(b.closers, temporal.Close)
	return commander{starter.New(temporal, starter.Options{Environment: cfg.PlaidEnv, Namespace: opts.Namespace})}, nil
}

// commander names the error of a query that Temporal does not understand.
type commander struct{ *starter.Starter }

// Count implements people.Commander.
func (c commander) Count(ctx context.Context, matching string) (int64, error) {
	n, err := c.Starter.Count(ctx, matching)
	return n, asBadQuery(err)
}

// asBadQuery adds people.ErrBadQuery to Temporal's InvalidArgument. It returns every other error as it is.
func asBadQuery(err error) error {
	if _, refused := errors.AsType[*serviceerror.InvalidArgument](err); refused {
		return fmt.Errorf("%w: %w", people.ErrBadQuery, err)
	}
	return err
}
