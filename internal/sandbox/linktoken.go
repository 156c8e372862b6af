package sandbox

import (
	"net"
	"net/url"
	"slices"
	"time"
)

// linkToken starts Link sessions: for a new Item, or in update mode for the Item it names. As in Plaid's Sandbox it may
// be used more than once (INVALID_LINK_TOKEN in plaid.com/docs/errors/invalid-input says only Production enforces that).
type linkToken struct {
	token              string
	createdAt, expires time.Time
	clientName         string
	language           string
	countries          []string
	products           []string
	redirectURI        string
	webhookURL         string
	institutionID      string // preselected; empty: the person chooses
	item               *item  // update mode; nil: a new Item
	accountSelection   bool
	sessions           []*linkSession
}

// Lifetimes from the schema LinkTokenCreateResponse.expiration.
const (
	linkTokenLifetime       = 4 * time.Hour
	updateLinkTokenLifetime = 30 * time.Minute
)

// createLinkToken checks a request as Plaid does and mints its token.
func (g *registry) createLinkToken(req linkTokenCreateRequest) (*linkToken, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	t := &linkToken{
		token: newLinkToken(), createdAt: now, expires: now.Add(linkTokenLifetime),
		clientName: req.ClientName, language: req.Language, countries: req.CountryCodes, products: req.Products,
		redirectURI: req.RedirectURI, webhookURL: req.Webhook, institutionID: req.InstitutionID,
		accountSelection: req.Update.AccountSelectionEnabled,
	}
	if req.AccessToken != "" {
		it, err := g.byAccessToken(req.AccessToken)
		if err != nil {
			return nil, err
		}
		t.item, t.expires = it, now.Add(updateLinkTokenLifetime)
	}
	g.linkTokens[t.token] = t
	return t, nil
}

func (req linkTokenCreateRequest) check() error {
	if len(req.CountryCodes) == 0 {
		return invalidField("country_codes must be a non-empty array")
	}
	for _, c := range req.CountryCodes {
		if !slices.Contains(plaidCountries(), c) {
			return invalidField("country_codes contains an unsupported country: " + c)
		}
	}
	if req.User.ClientUserID == "" {
		return invalidField("user.client_user_id must be a non-empty string")
	}
	for _, p := range req.Products {
		// balance is never asked for: any product brings it (plaid.com/docs/errors/invalid-input, INVALID_PRODUCT).
		if p == "balance" || !slices.Contains(institutionProducts(), p) {
			return &apiError{kind: "INVALID_INPUT", code: "INVALID_PRODUCT", message: "client is not authorized to access the following products: [\"" + p + "\"]"}
		}
	}
	switch {
	case len(req.HostedLink) > 0 && string(req.HostedLink) != "null":
		return invalidField("hosted_link is not offered by the local Plaid")
	case req.Update.User || len(req.Update.ItemIDs) > 0:
		return invalidField("update.user and update.item_ids are not offered by the local Plaid")
	case req.AccessToken == "" && len(req.Products) == 0:
		return invalidField("products must be a non-empty array")
	case req.AccessToken != "" && len(req.Products) > 0:
		return invalidField("products must be omitted when creating a link_token in update mode")
	}
	if req.InstitutionID != "" {
		if _, err := findInstitution(req.InstitutionID); err != nil {
			return err
		}
	}
	return checkRedirectURI(req.RedirectURI)
}

// checkRedirectURI holds Plaid's rules for Sandbox: HTTPS, or HTTP on this machine; no query, no fragment
// (plaid.com/docs/link/oauth). The Dashboard's list of allowed URIs has no counterpart here.
func checkRedirectURI(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return invalidField("OAuth redirect URI must be a valid URL")
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return invalidField("OAuth redirect URI must use HTTPS")
	case u.RawQuery != "" || u.Fragment != "":
		return invalidField("OAuth redirect URI must not contain a query string or fragment")
	}
	return nil
}

func plaidCountries() []string {
	return []string{"US", "GB", "ES", "NL", "FR", "IE", "CA", "DE", "IT", "PL", "DK", "NO", "SE", "EE", "LT", "LV", "PT", "BE"}
}

// liveLinkToken needs the lock. Unknown and expired tokens are one error at Plaid.
func (g *registry) liveLinkToken(token string) (*linkToken, error) {
	t, ok := g.linkTokens[token]
	if !ok || !g.now().Before(t.expires) {
		return nil, plaidError("INVALID_LINK_TOKEN")
	}
	return t, nil
}

// linkTokenView is the answer of /link/token/get; sessions stay readable after the token expired.
type linkTokenView struct {
	LinkToken    string            `json:"link_token"`
	CreatedAt    time.Time         `json:"created_at"`
	Expiration   time.Time         `json:"expiration"`
	LinkSessions []linkSessionView `json:"link_sessions"`
	Metadata     linkTokenMetadata `json:"metadata"`
	RequestID    string            `json:"request_id"`
}

type linkTokenMetadata struct {
	InitialProducts []string `json:"initial_products"`
	Webhook         *string  `json:"webhook"`
	CountryCodes    []string `json:"country_codes"`
	Language        string   `json:"language"`
	RedirectURI     *string  `json:"redirect_uri"`
	ClientName      string   `json:"client_name"`
}

// describeLinkToken answers /link/token/get, and the Item of an update-mode token.
func (g *registry) describeLinkToken(token, requestID string) (v linkTokenView, itemID string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, ok := g.linkTokens[token]
	if !ok {
		return linkTokenView{}, "", plaidError("INVALID_LINK_TOKEN")
	}
	v = linkTokenView{
		LinkToken: t.token, CreatedAt: t.createdAt, Expiration: t.expires, RequestID: requestID,
		LinkSessions: make([]linkSessionView, 0, len(t.sessions)),
		Metadata: linkTokenMetadata{
			InitialProducts: append([]string{}, t.products...), CountryCodes: t.countries, Language: t.language, ClientName: t.clientName,
			Webhook: stringOrNull(t.webhookURL), RedirectURI: stringOrNull(t.redirectURI),
		},
	}
	for _, s := range t.sessions {
		v.LinkSessions = append(v.LinkSessions, s.view())
	}
	if t.item != nil {
		itemID = t.item.id
	}
	return v, itemID, nil
}

func stringOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
