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
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"relink/api/ops"
	"relink/api/portal/page"
	"relink/internal/deeplink"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/signin"
	"relink/internal/telemetry"
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
	KeepLinkToken(ctx context.Context, l item.MintedLink) error
	LinkInBrowser(ctx context.Context, browser []byte) (item.MintedLink, error)
	LinkOfMerchant(ctx context.Context, merchantID string) (item.MintedLink, error)
	EndLink(ctx context.Context, hash []byte) error
	ItemOfLinkToken(ctx context.Context, hash []byte) (item.ID, error)
	KeepLinkEvent(ctx context.Context, e item.LinkEvent) error
	AskFresh(ctx context.Context, merchantID string, a item.Arrival, at time.Time, every time.Duration, data any) (asked bool, err error)
	Merchant(ctx context.Context, merchantID string) (item.Merchant, []item.Connection, error)
	Consent(ctx context.Context, id item.ID) (*item.Consent, error)
	KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error
	Note(ctx context.Context, id item.ID, at time.Time, kind string, data any) error
	BeginExchange(ctx context.Context, tokenHash []byte, merchantID string, busy time.Duration) (item.Exchange, error)
	LeaveExchange(ctx context.Context, tokenHash []byte, forget bool) error
	SweepExchanges(ctx context.Context, kept time.Duration) error
	KeepFirstLink(ctx context.Context, l item.FirstLink, details *item.Merchant) error
	ChangeMerchant(ctx context.Context, merchantID, by string, at time.Time, change func(*item.Merchant) ([]string, error)) (item.Merchant, error)
	AskErase(ctx context.Context, merchantID, by string, at time.Time) (erased bool, err error)
	Erasing(ctx context.Context, limit int) ([]string, error)
	Erase(ctx context.Context, merchantID string, again time.Duration, at time.Time) (erased bool, err error)
	Timeline(ctx context.Context, id item.ID) ([]item.Moment, error)
	DeadLetters(ctx context.Context, f item.DeadFilter) (letters []item.DeadLetter, total int, err error)
	DeadLetter(ctx context.Context, inboxID int64) (item.DeadLetter, error)
	Replay(ctx context.Context, o item.DeadOrder, reread func(deliveryKey, sealed []byte) (item.Arrival, error)) (item.DeadTally, error)
	Discard(ctx context.Context, o item.DeadOrder) (item.DeadTally, error)
	Items(ctx context.Context, f item.Filter) ([]item.Listed, error)
	CountItems(ctx context.Context) (map[item.State]int, error)
	NeedPerson(ctx context.Context, limit int) (tasks []item.ListedTask, total int, err error)
	Unsubscribe(ctx context.Context, merchantID string, at time.Time) error
	MailBounced(ctx context.Context, b item.BounceReport) (item.BouncedMail, error)
	Pauses(ctx context.Context) ([]item.MailPause, error)
	Ping(ctx context.Context) error
}

// bank is what the api needs of Plaid.
type bank interface {
	Exchange(ctx context.Context, publicToken string) (item.Linked, error)
	Adopt(ctx context.Context, id item.ID, accessToken string) (item.Linked, error)
	Accounts(ctx context.Context, sealed item.Sealed) ([]item.Account, error)
	AccessToken(sealed item.Sealed) (plaid.Secret, error)
	NewLinkToken(ctx context.Context, in plaid.NewLink) (plaid.NewLinkToken, error)
	UpdateLinkToken(ctx context.Context, in plaid.UpdateLink) (plaid.LinkToken, error)
	OpenLinkToken(sealed item.Sealed) (plaid.Secret, error)
	LinkEnded(ctx context.Context, linkToken item.Sealed) (plaid.LinkEnd, error)
	LoginsDown(ctx context.Context, institutionID string) (bool, error)
}

// lives is how the api reaches the workflows; starter.Starter is one.
type lives interface {
	Opened(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error)
	Completed(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error)
	Run(ctx context.Context, id item.ID) (workflowID, runID string, err error)
	Healthy(ctx context.Context) error
}

// Deps is what the api runs with. Bearer is nil when no issuer is configured: then there is no /v1. Web is nil when
// people cannot sign in: then there are no pages for them. With Web come Bearer, which it is made from, and Ops.
type Deps struct {
	Store      store
	Plaid      bank
	Lives      lives
	Verifier   *webhook.Verifier
	Dispatcher *inbox.Dispatcher
	Links      *deeplink.Signer
	Pages      *page.Pages
	Bearer     *signin.Bearer
	Web        *signin.Web
	Ops        *ops.Pages
	Watch      *telemetry.Watch
	// Answers are needed where there is /v1.
	Answers answers
	// Seal seals a webhook's body for the inbox row of its delivery, Unseal opens it again. Unseal is needed where there
	// is /v1.
	Seal   func(deliveryKey, body []byte) ([]byte, error)
	Unseal func(deliveryKey, sealed []byte) ([]byte, error)
}

// Options of a Server.
type Options struct {
	Environment   string // "sandbox" or "production": the last part of the webhook path
	PublicURL     string // where merchants reach us; the only origin whose POSTs are taken
	LinkScriptURL string // Plaid Link's JavaScript
	// HostedCountries are those, ISO 3166-1 alpha-2, whose merchants get Hosted Link unless their own setting says not to.
	HostedCountries []string
	// TrustedProxies are those whose X-Forwarded-For is believed when failures are charged to their source; by default
	// nobody, and the source is the peer.
	TrustedProxies []netip.Prefix
	// WebhookWithin is the time that a delivery has in all; default 8 s, since Plaid gives up after 10.
	WebhookWithin time.Duration
	// EnrolWithin is how long an Item whose public token is spent is tried to be stored; default 15 s.
	EnrolWithin time.Duration
	// Forwards says whether the platform is to have Plaid's webhooks of a type; nil: it gets none.
	Forwards func(webhookType string) bool
}

// Server answers HTTP.
type Server struct {
	Deps
	opts    Options
	intake  webhook.Intake
	sources *sources
	askers  *sources // of fresh links
	// returnURL is where Hosted Link leads back to, and redirectURI where banks do: the same, or empty when Plaid would
	// not take it.
	returnURL, redirectURI string
	origin                 string
	crossOrigin            *http.CrossOriginProtection
}

// New checks the options and makes a Server.
func New(d Deps, opts Options) (*Server, error) {
	public, err := url.Parse(opts.PublicURL)
	if err != nil || public.Scheme == "" || public.Host == "" {
		return nil, fmt.Errorf("public url %q is not an absolute URL", opts.PublicURL)
	}
	if d.Web != nil && (d.Bearer == nil || d.Ops == nil) {
		return nil, errors.New("where people sign in, bearer tokens and the pages for people are needed")
	}
	switch {
	case d.Seal == nil:
		return nil, errors.New("webhooks cannot be stored without sealing their bodies")
	case d.Bearer != nil && d.Unseal == nil:
		return nil, errors.New("dead letters cannot be read again without unsealing their bodies")
	case d.Bearer != nil && d.Answers == nil:
		return nil, errors.New("requests cannot be answered once without keeping the answers")
	case opts.WebhookWithin < 0:
		return nil, errors.New("the time that a webhook has must not be negative")
	}
	opts.WebhookWithin = cmp.Or(opts.WebhookWithin, webhookWithin)
	opts.EnrolWithin = cmp.Or(opts.EnrolWithin, enrolWithin)
	s := &Server{
		Deps: d, opts: opts, intake: webhook.Intake{Environment: opts.Environment, Forwards: opts.Forwards},
		sources: newSources(opts.TrustedProxies), askers: newSources(opts.TrustedProxies),
		origin: public.Scheme + "://" + public.Host, crossOrigin: http.NewCrossOriginProtection(),
		returnURL: strings.TrimSuffix(opts.PublicURL, "/") + returnPath,
	}
	if err := leadsBack(opts.Environment, s.returnURL); err == nil {
		s.redirectURI = s.returnURL
	} else {
		d.Watch.Log.Warn("banks that sign in on their own pages cannot lead back, so they need a pop-up", zap.String("return_url", s.returnURL), zap.Error(err))
	}
	if err := s.crossOrigin.AddTrustedOrigin(s.origin); err != nil { // however a proxy in front rewrites the host
		return nil, fmt.Errorf("public url: %w", err)
	}
	if err := checkRoutes(s.Routes()); err != nil {
		return nil, err
	}
	return s, nil
}

// Run serves public and admin until ctx ends, and dispatches hints meanwhile. Requests under way are finished.
func (s *Server) Run(ctx context.Context, public, admin net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Dispatcher.Run(ctx) })
	g.Go(func() error { return s.keepHouse(ctx) })
	g.Go(func() error { return Serve(ctx, public, s.Handler()) })
	g.Go(func() error { return Serve(ctx, admin, s.Admin()) })
	if s.Web != nil {
		g.Go(func() error { return s.Web.Run(ctx) })
	}
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
