package cmd

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.uber.org/zap"

	"relink/api/ops"
	"relink/internal/config"
	"relink/internal/deeplink"
	"relink/internal/neighbour"
	"relink/internal/neighbour/registry"
	"relink/internal/plaid"
	"relink/internal/postgres"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/vault"
)

// parts is what api, worker and starter have in common.
type parts struct {
	cfg       config.Config
	telemetry *telemetry.Telemetry
	store     *postgres.Store
	vault     *vault.Vault
	plaid     *plaid.Client
	temporal  client.Client
	links     *deeplink.Signer

	neighbours neighbour.Neighbours
}

// open reads the environment and opens the parts that the role needs. The caller must close them.
func open(ctx context.Context, role config.Role) (*parts, error) {
	cfg, err := config.Load(role, os.Environ())
	if err != nil {
		return nil, err
	}
	log, err := telemetry.Logger(cfg.LogLevel, string(role))
	if err != nil {
		return nil, err
	}
	for _, part := range cfg.Off(role) {
		log.Info("not configured, so it is off", zap.String("part", part))
	}
	tel, err := telemetry.Open(ctx, log, string(role), os.Environ())
	if err != nil {
		return nil, err
	}
	secrets, err := vault.FromKeyset(cfg.KeysetFile)
	if err != nil {
		return nil, err
	}
	temporal, err := temporalClient(tel)
	if err != nil {
		return nil, err
	}
	var neighbours neighbour.Neighbours
	if role != config.Starter { // enrolling causes no event
		if neighbours, err = registry.Open(cfg, registry.Parts{Vault: secrets, Around: tel.Neighbour}, registry.Lines()...); err != nil {
			return nil, err
		}
	}
	store, err := postgres.Open(ctx, cfg.DatabaseURL, postgres.WithNeighbours(neighbours.Rows))
	if err != nil {
		return nil, err
	}
	p := &parts{cfg: cfg, telemetry: tel, store: store, vault: secrets, temporal: temporal, neighbours: neighbours}
	if err := p.connect(ctx); err != nil {
		store.Close()
		return nil, err
	}
	return p, nil
}

// connect opens the parts that need the store: the client of Plaid, and the signer of deep links.
func (p *parts) connect(ctx context.Context) error {
	var err error
	p.plaid, err = plaid.New(plaid.Options{
		Environment: p.cfg.PlaidEnv, ClientID: p.cfg.PlaidClientID, Secrets: p.cfg.Secrets, BaseURL: p.cfg.PlaidBaseURL, ClientName: "relink",
		HTTPClient: p.telemetry.PlaidClient(), Logins: p.store,
	}, p.vault)
	if err != nil {
		return err
	}
	key, err := p.store.SharedKey(ctx, p.vault, "deep-links")
	if err != nil {
		return err
	}
	p.links, err = deeplink.NewSigner(key)
	return err
}

func (p *parts) close() {
	p.temporal.Close()
	p.store.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := p.telemetry.Close(ctx); err != nil {
		p.telemetry.Log.Warn("the last traces could not be sent", zap.Error(err))
	}
	_ = p.telemetry.Log.Sync()
}

// temporalOptions reads Temporal's own variables. It reads a configuration file only when TEMPORAL_CONFIG_FILE names
// one: a developer's default profile must not decide where a process connects.
func temporalOptions() (client.Options, error) {
	opts, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{DisableFile: os.Getenv("TEMPORAL_CONFIG_FILE") == ""})
	if err != nil {
		return opts, fmt.Errorf("read Temporal's configuration: %w", err)
	}
	return opts, nil
}

// temporalClient returns a client that connects with its first call.
func temporalClient(tel *telemetry.Telemetry) (client.Client, error) {
	opts, err := temporalOptions()
	if err != nil {
		return nil, err
	}
	if err := tel.Temporal(&opts); err != nil {
		return nil, fmt.Errorf("instrument the Temporal client: %w", err)
	}
	c, err := client.NewLazyClient(opts)
	if err != nil {
		return nil, fmt.Errorf("configure Temporal: %w", err)
	}
	return c, nil
}

// callers are the parts that identify the api's callers. A part is nil when it is not configured.
type callers struct {
	bearer *signin.Bearer
	web    *signin.Web
	pages  *ops.Pages
}

func (p *parts) callers(ctx context.Context) (c callers, err error) {
	if p.cfg.OIDCIssuer == "" {
		return c, nil
	}
	if c.bearer, err = signin.NewBearer(ctx, p.cfg.OIDCIssuer, p.cfg.APIAudience, signin.Options{Logger: p.telemetry.Log}); err != nil {
		return c, err
	}
	if p.cfg.OIDCClientID == "" {
		return c, nil
	}
	c.web, err = signin.NewWeb(c.bearer, p.store.Sessions(signin.SessionIdle), signin.WebOptions{
		ClientID: p.cfg.OIDCClientID, ClientSecret: p.cfg.OIDCClientSecret, PublicURL: p.cfg.PublicURL, Logger: p.telemetry.Log,
	})
	if err != nil {
		return c, err
	}
	c.pages, err = ops.New()
	return c, err
}
