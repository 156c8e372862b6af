package localplaid

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// linkToken starts Link sessions: for a new Item, or in update mode for the Item it names. As in Plaid's Sandbox it may
// be used more than once (INVALID_LINK_TOKEN in plaid.com/docs/errors/invalid-input says that only Production refuses).
type linkToken struct {
	token            string         // the key in the data file
	CreatedAt        time.Time      `json:"created_at"`
	Expires          time.Time      `json:"expires"`
	ClientName       string         `json:"client_name"`
	Language         string         `json:"language"`
	Countries        []string       `json:"country_codes"`
	Products         []string       `json:"products,omitempty"`
	RedirectURI      string         `json:"redirect_uri,omitempty"`
	WebhookURL       string         `json:"webhook,omitempty"`
	InstitutionID    string         `json:"institution_id,omitempty"` // empty: the person chooses the bank
	ItemID           string         `json:"item_id,omitempty"`        // the Item of update mode; empty: a new Item
	AccountSelection bool           `json:"account_selection,omitempty"`
	Hosted           *hostedLink    `json:"hosted_link,omitempty"` // nil: Link opens in the caller's own page only
	Sessions         []*linkSession `json:"sessions,omitempty"`

	item *item
}

// preselected reports that the person has no bank to choose.
func (t *linkToken) preselected() bool { return t.item != nil || t.InstitutionID != "" }

// sessionWebhook is where LINK webhooks of its sessions go. In update mode the token's webhook has "no effect" by the
// newest text of Plaid's schema, and where its sessions' webhooks go is not documented. Here they go to the token's
// URL, or else to the Item's own.
func (t *linkToken) sessionWebhook() string {
	if t.item == nil {
		return t.WebhookURL
	}
	return cmp.Or(t.WebhookURL, t.item.WebhookURL)
}

// Lifetimes from the schema LinkTokenCreateResponse.expiration.
const (
	linkTokenLifetime       = 4 * time.Hour
	updateLinkTokenLifetime = 30 * time.Minute
)

// createLinkToken checks a request as Plaid does and mints its token.
func (g *registry) createLinkToken(req apiRequest) (*linkToken, error) {
	if err := req.checkLinkToken(); err != nil {
		return nil, err
	}
	now := g.now()
	t := &linkToken{
		token: newToken("link"), CreatedAt: now, Expires: now.Add(linkTokenLifetime),
		ClientName: req.ClientName, Language: req.Language, Countries: req.CountryCodes, Products: req.Products,
		RedirectURI: req.RedirectURI, WebhookURL: req.Webhook, InstitutionID: req.InstitutionID,
		AccountSelection: req.Update.AccountSelectionEnabled,
	}
	if req.InstitutionID != "" {
		if _, err := g.institution(req.InstitutionID); err != nil {
			return nil, err
		}
	}
	if req.AccessToken != "" {
		it, err := g.byAccessToken(req.AccessToken)
		if err != nil {
			return nil, err
		}
		t.item, t.ItemID, t.Expires = it, it.id, now.Add(updateLinkTokenLifetime)
	}
	if hosted := req.HostedLink; hosted != nil {
		t.Hosted = &hostedLink{ID: "lp" + strings.ToLower(randomID(32)), CompletionURI: hosted.CompletionRedirectURI}
		t.Expires = now.Add(hosted.lifetime(t.item != nil))
	}
	g.linkTokens[t.token] = t
	return t, nil
}

// liveLinkToken returns a link token that opens Link. Unknown and expired tokens are one error at Plaid.
func (g *registry) liveLinkToken(token string) (*linkToken, error) {
	t, ok := g.linkTokens[token]
	if !ok || !g.now().Before(t.Expires) {
		return nil, plaidError(codeInvalidLinkToken)
	}
	return t, nil
}

// liveHostedToken returns the link token of a hosted link's page.
func (g *registry) liveHostedToken(id string) (*linkToken, error) {
	for _, t := range g.linkTokens {
		if t.Hosted != nil && t.Hosted.ID == id {
			return g.liveLinkToken(t.token)
		}
	}
	return nil, plaidError(codeInvalidLinkToken)
}

// hostedLinkRequest is hosted_link of /link/token/create; an empty object is enough (plaid.com/docs/link/hosted-link).
// is_mobile_app would change nothing: the page looks the same in an app's browser.
type hostedLinkRequest struct {
	CompletionRedirectURI string `json:"completion_redirect_uri"`
	URLLifetimeSeconds    *int64 `json:"url_lifetime_seconds"`
	DeliveryMethod        string `json:"delivery_method"` // ignored, as by Plaid's Sandbox: nothing is mailed or texted
}

// hostedLink is a link token's own page, where Link runs without anybody's page around it.
type hostedLink struct {
	ID            string `json:"id"`
	CompletionURI string `json:"completion_redirect_uri,omitempty"` // empty: the page itself says that all is done
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

// lifetime is at most half an hour in update mode, as in Plaid's Sandbox (plaid.com/docs/link/hosted-link, Testing).
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

func (h *hostedLink) path() string { return hostedPath + h.ID }

// sendWebhooks sends those of a hosted session that is over: SESSION_FINISHED and EVENTS, and ITEM_ADD_RESULT before
// them for a new Item (plaid.com/docs/api/link). It sends none where there is no URL. They are not the Item's own:
// /item/get does not show them as its last webhook.
func (s *linkSession) sendWebhooks() {
	url := s.token.sessionWebhook()
	if url == "" {
		return
	}
	all := map[string]any{"link_session_id": s.ID, "link_token": s.token.token}
	send := func(code string, content map[string]any) {
		s.registry.send(newWebhook(url, s.itemID(), "LINK", code, all, content))
	}
	status, publicTokens := "EXITED", []string{}
	if s.Exit == nil {
		status, publicTokens = "SUCCESS", []string{s.PublicToken}
		if !s.updateMode() {
			send("ITEM_ADD_RESULT", map[string]any{"public_token": s.PublicToken})
		}
	}
	send("SESSION_FINISHED", map[string]any{"status": status, "public_tokens": publicTokens})
	send("EVENTS", map[string]any{"events": s.newestFirst()})
}
