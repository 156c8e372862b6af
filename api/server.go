package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"relink/api/page"
	"relink/internal/deeplink"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/signin"
	"relink/internal/webhook"
	"relink/workflows"
)

// store is what the api remembers with; its contracts are those of postgres.Store.
type store interface {
	Receive(ctx context.Context, a item.Arrival) (item.Receipt, error)
	Act(ctx context.Context, a item.Arrival, at time.Time, data any) (item.Receipt, error)
	Enrol(ctx context.Context, e item.Enrolment) (created bool, err error)
	Load(ctx context.Context, id item.ID) (item.Card, item.Life, error)
	Token(ctx context.Context, id item.ID) (item.Sealed, error)
	Merchant(ctx context.Context, merchantID string) (item.Merchant, []item.Connection, error)
	Timeline(ctx context.Context, id item.ID) ([]item.Moment, error)
	Ping(ctx context.Context) error
}

// bank is what the api needs of Plaid.
type bank interface {
	Exchange(ctx context.Context, publicToken string) (item.Linked, error)
	UpdateLinkToken(ctx context.Context, in plaid.UpdateLink) (plaid.LinkToken, error)
}

// lives is how the api reaches the workflows; starter.Starter is one.
type lives interface {
	Opened(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error)
	Completed(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error)
	Run(ctx context.Context, id item.ID) (workflowID, runID string, err error)
	Healthy(ctx context.Context) error
}

// Deps is what the api runs with. Bearer is nil when sign-in is not configured: then there is no /v1.
type Deps struct {
	Store      store
	Plaid      bank
	Lives      lives
	Verifier   *webhook.Verifier
	Dispatcher *inbox.Dispatcher
	Links      *deeplink.Signer
	Pages      *page.Pages
	Bearer     *signin.Bearer
	Log        *zap.Logger
}

// Options of a Server.
type Options struct {
	Environment   string // "sandbox" or "production": the last part of the webhook path
	PublicURL     string // where merchants reach us; the only origin whose POSTs are taken
	LinkScriptURL string // Plaid Link's JavaScript
}

// Server answers HTTP.
type Server struct {
	Deps
	opts   Options
	origin string
}

// New checks the options and makes a Server.
func New(d Deps, opts Options) (*Server, error) {
	public, err := url.Parse(opts.PublicURL)
	if err != nil || public.Scheme == "" || public.Host == "" {
		return nil, fmt.Errorf("public url %q is not an absolute URL", opts.PublicURL)
	}
	return &Server{Deps: d, opts: opts, origin: public.Scheme + "://" + public.Host}, nil
}

// Handler answers what the internet may ask.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/plaid/{environment}", s.handle(s.receiveWebhook, plain))

	mux.HandleFunc("GET /relink/{token}", s.handle(s.showRelink, s.problemPage))
	mux.Handle("GET /relink/assets/", s.Pages.Assets())
	mux.HandleFunc("POST /relink/{token}/link-token", s.handle(s.sameOrigin(s.mintLinkToken), problem))
	mux.HandleFunc("POST /relink/{token}/complete", s.handle(s.sameOrigin(s.completeLink), problem))
	mux.HandleFunc("POST /relink/{token}/exit", s.handle(s.sameOrigin(s.exitLink), problem))

	if s.Bearer != nil {
		mux.HandleFunc("POST /v1/items", s.handle(s.scoped("items:write", s.enrolItem), problem))
		mux.HandleFunc("GET /v1/items/{id}", s.handle(s.scoped("items:read", s.showItem), problem))
		mux.HandleFunc("GET /v1/items/{id}/timeline", s.handle(s.scoped("items:read", s.showTimeline), problem))
	}
	return mux
}

// Run serves public and admin until ctx ends, and dispatches hints meanwhile. Requests under way are finished.
func (s *Server) Run(ctx context.Context, public, admin net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Dispatcher.Run(ctx) })
	g.Go(func() error { return Serve(ctx, public, s.Handler()) })
	g.Go(func() error { return Serve(ctx, admin, s.Admin()) })
	return g.Wait()
}

const drain = 20 * time.Second

// Serve answers HTTP on l until ctx ends, then finishes the requests under way.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      45 * time.Second, // a completed Link waits for Plaid's answer
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return <-stopped
}
