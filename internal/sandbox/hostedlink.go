package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// hostedLinkRequest is hosted_link of /link/token/create; an empty object is enough (plaid.com/docs/link/hosted-link).
type hostedLinkRequest struct {
	CompletionRedirectURI string `json:"completion_redirect_uri"`
	URLLifetimeSeconds    *int64 `json:"url_lifetime_seconds"`
	// IsMobileApp changes nothing here: the page looks the same in an app's browser.
	IsMobileApp bool `json:"is_mobile_app"`
	// DeliveryMethod is ignored, as Plaid's Sandbox does: nothing is mailed or texted.
	DeliveryMethod string `json:"delivery_method"`
}

// hostedLink is a link token's own page, where Link runs without anybody's page around it.
type hostedLink struct {
	id            string
	completionURI string // empty: the page itself says that all is done
}

// Lifetimes of a hosted URL and of its link token alike (schema LinkTokenCreateHostedLink.url_lifetime_seconds).
const (
	hostedLifetime    = 30 * time.Minute
	maxHostedLifetime = 21 * 24 * time.Hour
)

func (req *hostedLinkRequest) check() error {
	if req == nil {
		return nil
	}
	if n := req.URLLifetimeSeconds; n != nil && (*n <= 0 || *n > int64(maxHostedLifetime/time.Second)) {
		return invalidField("hosted_link.url_lifetime_seconds must be positive and at most 21 days")
	}
	if !slices.Contains([]string{"", "sms", "email"}, req.DeliveryMethod) {
		return invalidField("hosted_link.delivery_method must be sms or email")
	}
	return checkCompletionURI(req.CompletionRedirectURI)
}

// checkCompletionURI allows an app's own scheme, as Plaid does, but none that a browser would run or read a file by.
func checkCompletionURI(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || (strings.HasPrefix(u.Scheme, "http") && u.Host == "") ||
		slices.Contains([]string{"about", "blob", "data", "file", "javascript", "vbscript"}, u.Scheme) {
		return invalidField("hosted_link.completion_redirect_uri must be a valid URI")
	}
	return nil
}

func (req *hostedLinkRequest) newLink() *hostedLink {
	return &hostedLink{id: "lp" + strings.ToLower(randomID(32)), completionURI: req.CompletionRedirectURI}
}

// lifetime in update mode is at most half an hour: Plaid's Sandbox has it so (plaid.com/docs/link/hosted-link, Testing).
func (req *hostedLinkRequest) lifetime(update bool) time.Duration {
	lives := hostedLifetime
	if n := req.URLLifetimeSeconds; n != nil {
		lives = time.Duration(*n) * time.Second
	}
	if update {
		lives = min(lives, updateLinkTokenLifetime)
	}
	return lives
}

const hostedPath = "/link/hosted/"

func (h *hostedLink) path() string { return hostedPath + h.id }

// hostedToken needs the lock.
func (g *registry) hostedToken(id string) (*linkToken, error) {
	t, ok := g.hostedLinks[id]
	if !ok {
		return nil, plaidError(codeInvalidLinkToken)
	}
	return g.liveLinkToken(t.token)
}

// hostedID is the id of a link token's own page; empty for one that has none.
func (g *registry) hostedID(token string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.linkTokens[token]; ok && t.hosted != nil {
		return t.hosted.id
	}
	return ""
}
