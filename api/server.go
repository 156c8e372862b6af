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

// webhookWithin is the time that a delivery has in all, from its header to our answer. Plaid gives up after 10 s
// (https://plaid.com/docs/api/webhooks), and until then we want to have answered.
const webhookWithin = 8 * time.Second

// Deps is what the api runs with. Bearer is nil if no issuer is configured: then there is no /v1. Web is nil if people
// cannot sign in: then there are no pages for them. With Web come Bearer, which it is made from, and Ops.
type Deps struct {
	// Store is handed to each door as the few methods that the door uses; postgres.Store is one.
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
	// Workflows reaches the workflows; starter.Starter is one.
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
	// Answers are needed where there is /v1.
	Answers web.IdempotencyStore
	// Seal seals a webhook's body for the inbox row of its delivery, Unseal opens it again. Unseal is needed where
	// there is /v1.
	Seal   func(deliveryKey, body []byte) ([]byte, error)
	Unseal func(deliveryKey, sealed []byte) ([]byte, error)
}

// Options of a Server.
type Options struct {
	Environment   string // "sandbox" or "production": the last part of the webhook path
	PublicURL     string // where merchants reach us; the only origin whose POSTs are taken
	LinkScriptURL string // Plaid Link's JavaScript
	// HostedCountries are those, ISO 3166-1 alpha-2, whose merchants get Hosted Link unless their own setting says not
	// to.
	HostedCountries []string
	// TrustedProxies are those whose X-Forwarded-For is believed when failures are charged to their source. By default
	// that is nobody, and the source is the peer.
	TrustedProxies []netip.Prefix
	// WebhookWithin is the time that a delivery has in all; default 8 s, since Plaid gives up after 10.
	WebhookWithin time.Duration
	// EnrolWithin is how long an Item whose public token is spent is tried to be stored; default 15 s.
	EnrolWithin time.Duration
	// Forwards reports whether the platform gets Plaid's webhooks of a type. If it is nil, the platform gets none.
	Forwards func(webhookType string) bool
}

// Server answers HTTP.
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
		return nil, errors.New("where people sign in, bearer tokens and the pages for people are needed")
	case d.Seal == nil:
		return nil, errors.New("webhooks cannot be stored without sealing their bodies")
	case opts.WebhookWithin < 0:
		return nil, errors.New("the time that a webhook has must not be negative")
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
		Store: s.Store, Verifier: s.Verifier, Intake: intake, Seal: s.Seal, Nudge: s.Dispatcher.Nudge, Sources: s.sources, Watch: s.Telemetry,
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
			Store: s.Store, Plaid: s.Plaid, Workflows: s.Workflows, Responses: s.Answers, Nudge: s.Dispatcher.Nudge, Intake: intake, Unseal: s.Unseal,
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

// Run serves public and admin until ctx ends, and works in the background meanwhile. Requests in progress are finished.
func (s *Server) Run(ctx context.Context, public, admin net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Work(ctx) })
	g.Go(func() error { return httpserver.Serve(ctx, public, s.Handler()) })
	g.Go(func() error { return httpserver.Serve(ctx, admin, s.Admin()) })
	return g.Wait()
}

// Work does until ctx ends what the api does beside answering: it dispatches hints and sweeps what has expired.
func (s *Server) Work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Dispatcher.Run(ctx) })
	g.Go(func() error { return s.runMaintenance(ctx) })
	if s.Web != nil {
		g.Go(func() error { return s.Web.Run(ctx) })
	}
	return g.Wait()
}
