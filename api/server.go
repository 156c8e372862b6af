package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"relink/api/hook"
	"relink/api/ops"
	"relink/api/portal"
	"relink/api/portal/page"
	"relink/api/v1"
	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/httpserver"
	"relink/internal/inbox"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// webhookWithin is the longest time of a delivery, from its header to our response. Plaid gives up after 10 s
// (https://plaid.com/docs/api/webhooks), so we respond before that.
const webhookWithin = 8 * time.Second

// Deps are the parts that the api runs with. Bearer is nil if no issuer is configured; then there is no /v1. Web is nil
// if people cannot sign in; then there are no pages for them. Web needs Bearer and Ops.
type Deps struct {
	// Store is the database. Each door gets it as the few methods that the door uses. postgres.Store implements it.
	Store interface {
		hook.Store
		portal.Store
		v1.Store
		ops.Store
		maintenanceStore
		Ping(ctx context.Context) error
	}
	Plaid interface {
		portal.PlaidClient
		v1.PlaidClient
	}
	// Workflows reaches the workflows. starter.Starter implements it.
	Workflows interface {
		portal.WorkflowClient
		v1.WorkflowClient
		Healthy(ctx context.Context) error
	}
	Verifier   *webhook.Verifier
	Dispatcher *inbox.Dispatcher
	Links      *deeplink.Signer
	Pages      *page.Pages
	Bearer     *signin.Bearer
	Web        *signin.Web
	Ops        *ops.Pages
	Telemetry  *telemetry.Telemetry
	// Responses stores responses under idempotency keys. It is needed if there is a /v1.
	Responses web.IdempotencyStore
	// Seal seals a webhook's body for the inbox row of its delivery, and Unseal opens it again. Unseal is needed if there
	// is a /v1.
	Seal   func(deliveryKey, body []byte) ([]byte, error)
	Unseal func(deliveryKey, sealed []byte) ([]byte, error)
}

// Options of a Server.
type Options struct {
	Environment   string // "sandbox" or "production": the last part of the webhook path
	PublicURL     string // the address at which merchants reach us; the only origin whose POSTs are accepted
	LinkScriptURL string // Plaid Link's JavaScript
	// HostedCountries are ISO 3166-1 alpha-2 codes. Merchants of these countries get Hosted Link, unless their own
	// setting turns it off.
	HostedCountries []string
	// TrustedProxies are the proxies whose X-Forwarded-For is believed when failures are charged to their source. By
	// default there are none, and the source is the peer.
	TrustedProxies []netip.Prefix
	// WebhookWithin is the longest time of a delivery; default 8 s, because Plaid gives up after 10 s.
	WebhookWithin time.Duration
	// EnrolWithin is how long the api tries to store an Item whose public token is spent; default 15 s.
	EnrolWithin time.Duration
	// Forwards reports whether the platform gets Plaid's webhooks of a type. If it is nil, the platform gets none.
	Forwards func(webhookType string) bool
}

// Server serves HTTP.
type Server struct {
	Deps
	opts        Options
	crossOrigin *http.CrossOriginProtection
	sources     *web.Sources // of refused webhooks
	hook        *hook.Door
	portal      *portal.Door
	v1          *v1.Door  // nil if there is no issuer
	people      *ops.Door // nil if people cannot sign in
}

// New checks the options and makes a Server.
func New(d Deps, opts Options) (*Server, error) {
	switch {
	case d.Web != nil && (d.Bearer == nil || d.Ops == nil):
		return nil, errors.New("the sign-in of people needs bearer tokens and the pages for people")
	case d.Seal == nil:
		return nil, errors.New("webhooks cannot be stored without sealing their bodies")
	case opts.WebhookWithin < 0:
		return nil, errors.New("the longest time of a webhook must not be negative")
	}
	opts.WebhookWithin = cmp.Or(opts.WebhookWithin, webhookWithin)
	s := &Server{Deps: d, opts: opts, crossOrigin: http.NewCrossOriginProtection(), sources: web.NewSources(opts.TrustedProxies)}
	if err := s.openDoors(); err != nil {
		return nil, err
	}
	public, err := url.Parse(opts.PublicURL) // portal.New found it to be absolute
	if err != nil {
		return nil, fmt.Errorf("public url: %w", err)
	}
	// However a proxy in front of us rewrites the host, our own pages have this origin.
	if err := s.crossOrigin.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("public url: %w", err)
	}
	if err := checkRoutes(s.Routes()); err != nil {
		return nil, err
	}
	return s, nil
}

// openDoors makes the doors that are configured.
func (s *Server) openDoors() (err error) {
	intake := webhook.Intake{Environment: s.opts.Environment, Forwards: s.opts.Forwards}
	webhookURL := s.opts.PublicURL + "/webhooks/plaid/" + s.opts.Environment
	s.hook = hook.New(hook.Deps{
		Store: s.Store, Verifier: s.Verifier, Intake: intake, Seal: s.Seal, Nudge: s.Dispatcher.Nudge, Sources: s.sources, Telemetry: s.Telemetry,
	})
	s.portal, err = portal.New(portal.Deps{
		Store: s.Store, Plaid: s.Plaid, Workflows: s.Workflows, Links: s.Links, Pages: s.Pages, Web: s.Web, Nudge: s.Dispatcher.Nudge,
		Resends: web.NewSources(s.opts.TrustedProxies), Log: s.Telemetry.Log,
	}, portal.Options{
		Environment: s.opts.Environment, PublicURL: s.opts.PublicURL, WebhookURL: webhookURL, LinkScriptURL: s.opts.LinkScriptURL,
		HostedCountries: s.opts.HostedCountries,
	})
	if err != nil {
		return err
	}
	if s.Bearer != nil {
		s.v1, err = v1.New(v1.Deps{
			Store: s.Store, Plaid: s.Plaid, Workflows: s.Workflows, Responses: s.Responses, Nudge: s.Dispatcher.Nudge,
			Intake: intake, Unseal: s.Unseal,
		}, v1.Options{Environment: s.opts.Environment, WebhookURL: webhookURL, EnrolWithin: s.opts.EnrolWithin})
		if err != nil {
			return err
		}
	}
	if s.Web != nil {
		s.people = ops.NewDoor(ops.Deps{Store: s.Store, Web: s.Web, Pages: s.Ops, Environment: s.opts.Environment})
	}
	return nil
}

// Run serves public and admin and works in the background until ctx ends. It finishes the requests in progress.
func (s *Server) Run(ctx context.Context, public, admin net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Work(ctx) })
	g.Go(func() error { return httpserver.Serve(ctx, public, s.Handler()) })
	g.Go(func() error { return httpserver.Serve(ctx, admin, s.Admin()) })
	return g.Wait()
}

// Work runs the api's background work until ctx ends: it dispatches hints and sweeps expired rows.
func (s *Server) Work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Dispatcher.Run(ctx) })
	g.Go(func() error { return s.runMaintenance(ctx) })
	if s.Web != nil {
		g.Go(func() error { return s.Web.Run(ctx) })
	}
	return g.Wait()
}
