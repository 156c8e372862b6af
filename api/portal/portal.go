package portal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/api/portal/page"
	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/mailing"
	"relink/internal/plaid"
	"relink/internal/signin"
	"relink/internal/vault"
	"relink/workflows"
)

// Store is the part of the database that the door uses. Its contracts are those of postgres.Store.
type Store interface {
	Act(ctx context.Context, e inbox.Entry, at time.Time, data any) (inbox.Receipt, error)
	RequestNewLink(ctx context.Context, merchantID string, e inbox.Entry, at time.Time, every time.Duration,
		data any) (requested bool, err error)
	EndLink(ctx context.Context, hash []byte) error
	KeepLinkEvent(ctx context.Context, e linksession.Event) error
	KeepLinkToken(ctx context.Context, l linksession.Minted) error
	LinkInBrowser(ctx context.Context, browser []byte) (linksession.Minted, error)
	LinkOfMerchant(ctx context.Context, merchantID string) (linksession.Minted, error)
	Merchant(ctx context.Context, merchantID string) (enrolment.Merchant, []mailing.Connection, error)
	Ping(ctx context.Context) error
	Token(ctx context.Context, id item.ID) (vault.Sealed, error)
	Unsubscribe(ctx context.Context, merchantID string, at time.Time) error
}

// PlaidClient is the part of Plaid's API that the door uses. plaid.Client implements it.
type PlaidClient interface {
	UpdateLinkToken(ctx context.Context, in plaid.UpdateLink) (plaid.LinkToken, error)
	OpenLinkToken(sealed vault.Sealed) (plaid.Secret, error)
	LinkEnded(ctx context.Context, linkToken vault.Sealed) (plaid.LinkEnd, error)
	LoginsDown(ctx context.Context, institutionID string) (bool, error)
}

// WorkflowClient reaches an Item's workflow and waits for its response. starter.Starter implements it.
type WorkflowClient interface {
	Opened(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error)
	Completed(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error)
}

// Deps are the parts that the door works with.
type Deps struct {
	Store     Store
	Plaid     PlaidClient
	Workflows WorkflowClient
	Links     *deeplink.Signer
	Pages     *page.Pages
	// Web holds the sessions of merchants who signed in. It is nil if people cannot sign in.
	Web *signin.Web
	// Nudge wakes the dispatcher after a row was stored in the inbox.
	Nudge func()
	// Resends counts how often each source asked for a new link.
	Resends *web.Sources
	Log     *zap.Logger
}

// Options of a Door.
type Options struct {
	Environment   string // "sandbox" or "production"
	PublicURL     string // where merchants reach us, absolute
	WebhookURL    string // where Plaid sends webhooks
	LinkScriptURL string // Plaid Link's JavaScript
	// HostedCountries are ISO 3166-1 alpha-2 codes. Merchants of these countries get Hosted Link, unless their own
	// setting turns it off.
	HostedCountries []string
}

// Door serves merchants.
type Door struct {
	Deps
	opts   Options
	origin string // the only origin whose POSTs are accepted
	// Hosted Link leads back to returnURL, and banks to redirectURI. Both are the same URL, but redirectURI is empty if
	// Plaid would not accept it.
	returnURL, redirectURI string
}

// New returns a Door. It returns an error if the public URL is not absolute.
func New(d Deps, opts Options) (*Door, error) {
	public, err := url.Parse(opts.PublicURL)
	if err != nil || public.Scheme == "" || public.Host == "" {
		return nil, fmt.Errorf("public url %q is not an absolute URL", opts.PublicURL)
	}
	door := &Door{
		Deps: d, opts: opts, origin: public.Scheme + "://" + public.Host,
		returnURL: strings.TrimSuffix(opts.PublicURL, "/") + returnPath,
	}
	if err := checkRedirectURI(opts.Environment, door.returnURL); err == nil {
		door.redirectURI = door.returnURL
	} else {
		d.Log.Warn("banks that sign in on their own pages cannot lead back, so they need a pop-up",
			zap.String("return_url", door.returnURL), zap.Error(err))
	}
	return door, nil
}

// Routes returns the door's lines of the table of routes.
func (d *Door) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /relink/assets/", Access: web.Anyone, Errors: web.Plain, Handle: web.Files(d.Pages.Assets())},
		{Pattern: "GET /relink/{token}", Access: web.DeepLink, Errors: d.errorPage, Handle: d.showRelink},
		{Pattern: "POST /relink/{token}/link-token", Access: web.DeepLink, Errors: web.Problem, Handle: d.mintLinkToken},
		{Pattern: "POST /relink/{token}/complete", Access: web.DeepLink, Errors: web.Problem, Handle: d.completeLink},
		{Pattern: "POST /relink/{token}/exit", Access: web.DeepLink, Errors: web.Problem, Handle: d.exitLink},
		{Pattern: "POST /relink/{token}/events", Access: web.DeepLink, Errors: web.Problem, Handle: d.keepEvent},
		{Pattern: "POST /relink/{token}/resume", Access: web.DeepLink, Errors: web.Problem, Handle: d.resumeLink},
		{Pattern: "POST /relink/{token}/fresh", Access: web.ExpiredDeepLink, Errors: d.errorPage, Handle: d.resendLink},
		{Pattern: "GET " + returnPath, Access: web.LinkBrowser, Errors: d.errorPage, Handle: d.showReturn},

		{Pattern: "GET /unsubscribe/{token}", Access: web.UnsubscribeLink, Errors: d.errorPage, Handle: d.showUnsubscribe},
		{Pattern: "POST /unsubscribe/{token}", Access: web.UnsubscribeLink, Errors: d.errorPage, Handle: d.unsubscribe},
	}
}

// Grant returns the grant of the deep link in a request's path. The error for an expired, an unknown and a forged link
// is the same. A cross-site POST is refused.
func (d *Door) Grant(r *http.Request) (deeplink.Grant, error) {
	if origin := r.Header.Get("Origin"); r.Method == http.MethodPost && origin != "" && origin != d.origin {
		return deeplink.Grant{}, web.Refuse(web.CrossSite, "the request comes from another site", nil)
	}
	g, err := d.Links.Parse(r.PathValue("token"), time.Now())
	if err != nil {
		return deeplink.Grant{}, web.Refuse(web.NotFound, "this link is not valid any more", err)
	}
	return g, nil
}

// returnPath is the path that a bank's own pages and Hosted Link lead back to.
const returnPath = "/relink/return"

// checkRedirectURI returns an error if Plaid would not accept a URL as redirect_uri. Plaid accepts https, and in
// Sandbox http on this machine, without query and fragment (https://plaid.com/docs/link/oauth). The URL must also be on
// the dashboard's list of allowed ones, which is not checked here.
func checkRedirectURI(environment, returnURL string) error {
	u, err := url.Parse(returnURL)
	if err != nil {
		return fmt.Errorf("read return URL: %w", err)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	switch {
	case u.RawQuery != "" || u.Fragment != "" || strings.Contains(returnURL, "*"):
		return errors.New("it has a query, a fragment or a wildcard")
	case u.Scheme == "https", u.Scheme == "http" && local && environment == "sandbox":
		return nil
	}
	return errors.New("it is not https")
}
