package cmd

import (
	"context"
	"fmt"
	"net"
	"net/mail"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"relink/activities"
	"relink/api"
	"relink/api/ops"
	"relink/api/portal/page"
	"relink/cmd/people"
	"relink/internal/config"
	"relink/internal/deeplink"
	"relink/internal/httpserver"
	"relink/internal/inbox"
	mailer "relink/internal/mail"
	"relink/internal/neighbour"
	"relink/internal/neighbour/registry"
	"relink/internal/outbox"
	"relink/internal/plaid"
	"relink/internal/policy"
	"relink/internal/postgres"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/vault"
	"relink/internal/webhook"
	"relink/starter"
	"relink/worker"
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

// open reads the environment and makes the parts that the role needs. Its caller must close them.
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
	watch, err := telemetry.Open(ctx, log, string(role), os.Environ())
	if err != nil {
		return nil, err
	}
	vault, err := vault.FromKeyset(cfg.KeysetFile)
	if err != nil {
		return nil, err
	}
	temporal, err := temporalClient(watch)
	if err != nil {
		return nil, err
	}
	var neighbours neighbour.Neighbours
	if role != config.Starter { // it enrols, and causes no event
		if neighbours, err = registry.Open(cfg, registry.Parts{Vault: vault, Around: watch.Neighbour}, registry.Lines()...); err != nil {
			return nil, err
		}
	}
	store, err := postgres.Open(ctx, cfg.DatabaseURL, postgres.WithNeighbours(neighbours.Rows))
	if err != nil {
		return nil, err
	}
	p := &parts{cfg: cfg, telemetry: watch, store: store, vault: vault, temporal: temporal, neighbours: neighbours}
	if err := p.connect(ctx); err != nil {
		store.Close()
		return nil, err
	}
	return p, nil
}

// connect makes the parts that need the store: Plaid's client, and the key of the deep links.
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
		p.telemetry.Log.Warn("last traces not handed over", zap.Error(err))
	}
	_ = p.telemetry.Log.Sync()
}

// temporalOptions reads Temporal's own variables. It reads a configuration file only when TEMPORAL_CONFIG_FILE names one:
// a developer's default profile must not decide where a process connects.
func temporalOptions() (client.Options, error) {
	opts, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{DisableFile: os.Getenv("TEMPORAL_CONFIG_FILE") == ""})
	if err != nil {
		return opts, fmt.Errorf("read Temporal's configuration: %w", err)
	}
	return opts, nil
}

// temporalClient returns a client that connects with its first call.
func temporalClient(watch *telemetry.Telemetry) (client.Client, error) {
	opts, err := temporalOptions()
	if err != nil {
		return nil, err
	}
	if err := watch.Temporal(&opts); err != nil {
		return nil, fmt.Errorf("watch Temporal: %w", err)
	}
	c, err := client.NewLazyClient(opts)
	if err != nil {
		return nil, fmt.Errorf("configure Temporal: %w", err)
	}
	return c, nil
}

// gcPercent lets the api's heap, of which a few MB are live, grow to some 100 MB before it is collected. With Go's own
// value of 100, a flood of webhooks spends a tenth of its time on collections.
const gcPercent = 800

// runAPI serves the api until ctx ends.
func runAPI(ctx context.Context) error {
	p, err := open(ctx, config.API)
	if err != nil {
		return err
	}
	defer p.close()
	debug.SetGCPercent(gcPercent)
	keys, err := webhook.NewKeys(api.PlaidKeys(p.plaid), webhook.KeysOptions{RecheckFailed: func(kid string, err error) {
		p.telemetry.Log.Warn("verification key not asked for again", zap.String("kid", kid), zap.Error(err))
	}})
	if err != nil {
		return err
	}
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{})
	if err != nil {
		return err
	}
	pages, err := page.New()
	if err != nil {
		return err
	}
	callers, err := p.callers(ctx)
	if err != nil {
		return err
	}
	p.telemetry.Inbox(p.store.InboxDepth)
	lives := starter.New(p.temporal, starter.Options{Environment: p.cfg.PlaidEnv})
	// The dispatcher has connections of its own, so that its work on many Items at once keeps no arriving webhook waiting.
	queue, err := postgres.Open(ctx, p.cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer queue.Close()
	server, err := api.New(api.Deps{
		Store: p.store, Plaid: p.plaid, Workflows: lives, Verifier: verifier, Links: p.links, Pages: pages, Telemetry: p.telemetry,
		Bearer: callers.bearer, Web: callers.web, Ops: callers.pages,
		Dispatcher: inbox.New(queue, lives, p.telemetry.Log, inbox.Options{Watch: p.telemetry}), Seal: p.vault.SealBody, Unseal: p.vault.OpenBody,
		Responses: p.store.Responses(p.vault),
	}, api.Options{
		Environment: p.cfg.PlaidEnv, PublicURL: p.cfg.PublicURL, LinkScriptURL: p.cfg.PlaidLinkURL,
		HostedCountries: p.cfg.HostedCountries, Forwards: p.cfg.Forwards, TrustedProxies: p.cfg.TrustedProxies,
	})
	if err != nil {
		return err
	}
	public, err := net.Listen("tcp", p.cfg.ListenAddr)
	if err != nil {
		return fmt.Errorf("listen on LISTEN_ADDR: %w", err)
	}
	admin, err := net.Listen("tcp", p.cfg.AdminAddr)
	if err != nil {
		return fmt.Errorf("listen on ADMIN_ADDR: %w", err)
	}
	p.telemetry.Log.Info("api serves", zap.Stringer("public", public.Addr()), zap.Stringer("admin", admin.Addr()))
	return server.Run(ctx, public, admin)
}

// callers is what tells the api who calls. Each part is nil when it is not configured.
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

// runWorker works until ctx ends.
func runWorker(ctx context.Context) error {
	p, err := open(ctx, config.Worker)
	if err != nil {
		return err
	}
	defer p.close()
	post, err := mailer.New(mailer.Options{URL: p.cfg.SMTPURL, From: p.cfg.MailFrom})
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", p.cfg.AdminAddr)
	if err != nil {
		return fmt.Errorf("listen on ADMIN_ADDR: %w", err)
	}
	lives := starter.New(p.temporal, starter.Options{Environment: p.cfg.PlaidEnv})
	health := httpserver.Health(p.telemetry, map[string]httpserver.Check{"postgres": p.store.Ping, "temporal": lives.Healthy}, nil)
	p.telemetry.Log.Info("worker works", zap.Stringer("admin", admin.Addr()))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return httpserver.Serve(ctx, admin, health) })
	initial, err := policyFile(p.cfg.PolicyFile)
	if err != nil {
		return err
	}
	policies := activities.NewPolicies(p.store, initial)
	g.Go(func() error { return lives.KeepReconcile(ctx, policies, p.telemetry.Log) })
	bank := activities.InstrumentPlaid(p.plaid, p.telemetry)
	if len(p.neighbours) > 0 {
		relay := outbox.New(p.neighbours.Names(), p.store, lives, p.telemetry.Log, outbox.Options{})
		g.Go(func() error { return relay.Run(ctx) })
	}
	g.Go(func() error {
		return worker.Run(ctx, worker.Deps{
			Temporal: p.temporal,
			Plaid:    activities.NewPlaid(bank, p.store),
			Records:  activities.NewRecords(activities.InstrumentStore(p.store, p.telemetry), policies),
			Mail: activities.NewMail(activities.MailDeps{
				Sender: activities.InstrumentMail(post, p.telemetry), Store: p.store, Plaid: bank, Logins: p.plaid, Policies: policies, Links: p.links,
			}, activities.MailOptions{PublicURL: p.cfg.PublicURL, Domain: domainOf(p.cfg.MailFrom)}),
			Reconcile: activities.NewReconcile(p.plaid, p.store, policies, p.cfg.PublicURL+"/webhooks/plaid/"+p.cfg.PlaidEnv),
			Outbox:    activities.NewOutbox(p.store),
			Senders:   p.senders(),
		})
	})
	return g.Wait()
}

// policyFile returns the policy that holds until one is applied: the built-in one when path is empty.
func policyFile(path string) (policy.Policy, error) {
	if path == "" {
		return policy.Default(), nil
	}
	p, _, err := people.ReadPolicy(path)
	if err != nil {
		return policy.Policy{}, fmt.Errorf("POLICY_FILE: %w", err)
	}
	return p, nil
}

// senders returns the activities that send to the neighbours, counted; their queues in the outbox are measured.
func (p *parts) senders() []*activities.Sender {
	var all []*activities.Sender
	for _, n := range p.neighbours {
		p.telemetry.Outbox(n.Name(), func(ctx context.Context) (map[string]int, time.Duration, error) {
			return p.store.OutboxDepth(ctx, n.Name())
		})
		all = append(all, activities.NewSender(activities.InstrumentNeighbour(n, p.telemetry), p.store))
	}
	return all
}

// domainOf returns the domain of a checked mail address.
func domainOf(from string) string {
	address, err := mail.ParseAddress(from)
	if err != nil {
		return "localhost"
	}
	_, domain, _ := strings.Cut(address.Address, "@")
	return domain
}
