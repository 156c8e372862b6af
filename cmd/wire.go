package cmd

import (
	"context"
	"fmt"
	"net"
	"net/mail"
	"runtime/debug"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"relink/activities"
	"relink/api"
	"relink/api/portal/page"
	"relink/cmd/people"
	"relink/internal/config"
	"relink/internal/httpserver"
	"relink/internal/inbox"
	mailer "relink/internal/mail"
	"relink/internal/outbox"
	"relink/internal/policy"
	"relink/internal/postgres"
	"relink/internal/webhook"
	"relink/starter"
	"relink/worker"
)

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
		p.telemetry.Log.Warn("the verification key could not be fetched again", zap.String("kid", kid), zap.Error(err))
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
	workflowClient := starter.New(p.temporal, starter.Options{Environment: p.cfg.PlaidEnv})
	// The dispatcher has connections of its own, so that its work on many Items at once does not delay arriving webhooks.
	queue, err := postgres.Open(ctx, p.cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer queue.Close()
	server, err := api.New(api.Deps{
		Store: p.store, Plaid: p.plaid, Workflows: workflowClient, Verifier: verifier, Links: p.links, Pages: pages, Telemetry: p.telemetry,
		Bearer: callers.bearer, Web: callers.web, Ops: callers.pages,
		Dispatcher: inbox.New(queue, workflowClient, p.telemetry.Log, inbox.Options{Recorder: p.telemetry}),
		Seal:       p.vault.SealBody, Unseal: p.vault.OpenBody,
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

// runWorker runs the worker until ctx ends.
func runWorker(ctx context.Context) error {
	p, err := open(ctx, config.Worker)
	if err != nil {
		return err
	}
	defer p.close()
	sender, err := mailer.New(mailer.Options{URL: p.cfg.SMTPURL, From: p.cfg.MailFrom})
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", p.cfg.AdminAddr)
	if err != nil {
		return fmt.Errorf("listen on ADMIN_ADDR: %w", err)
	}
	workflowClient := starter.New(p.temporal, starter.Options{Environment: p.cfg.PlaidEnv})
	health := httpserver.Health(p.telemetry, map[string]httpserver.Check{"postgres": p.store.Ping, "temporal": workflowClient.Healthy}, nil)
	p.telemetry.Log.Info("worker works", zap.Stringer("admin", admin.Addr()))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return httpserver.Serve(ctx, admin, health) })
	initial, err := policyFile(p.cfg.PolicyFile)
	if err != nil {
		return err
	}
	policies := activities.NewPolicies(p.store, initial)
	g.Go(func() error { return workflowClient.KeepReconcile(ctx, policies, p.telemetry.Log) })
	plaidClient := activities.InstrumentPlaid(p.plaid, p.telemetry)
	if len(p.neighbours) > 0 {
		relay := outbox.New(p.neighbours.Names(), p.store, workflowClient, p.telemetry.Log, outbox.Options{})
		g.Go(func() error { return relay.Run(ctx) })
	}
	g.Go(func() error {
		return worker.Run(ctx, worker.Deps{
			Temporal: p.temporal,
			Plaid:    activities.NewPlaid(plaidClient, p.store),
			Records:  activities.NewRecords(activities.InstrumentStore(p.store, p.telemetry), policies),
			Mail: activities.NewMail(activities.MailDeps{
				Sender: activities.InstrumentMail(sender, p.telemetry), Store: p.store, Plaid: plaidClient, Logins: p.plaid,
				Policies: policies, Links: p.links,
			}, activities.MailOptions{PublicURL: p.cfg.PublicURL, Domain: domainOf(p.cfg.MailFrom)}),
			Reconcile: activities.NewReconcile(p.plaid, p.store, policies, p.cfg.PublicURL+"/webhooks/plaid/"+p.cfg.PlaidEnv),
			Outbox:    activities.NewOutbox(p.store),
			Senders:   p.senders(),
		})
	})
	return g.Wait()
}

// policyFile returns the policy that is in force until one is applied: the built-in one when path is empty.
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

// senders returns one sending activity for each neighbour, instrumented. It also registers the metric of the
// neighbour's queue in the outbox.
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
