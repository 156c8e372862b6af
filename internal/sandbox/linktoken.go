package sandbox

import (
	"cmp"
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
	hosted             *hostedLink // nil: Link opens in the caller's own page only
	sessions           []*linkSession
}

// preselected says that the person has no bank to choose.
func (t *linkToken) preselected() bool { return t.item != nil || t.institutionID != "" }

// sessionWebhook is where LINK webhooks of its sessions go. In update mode the token's webhook has "no effect" by the
// newest text of Plaid's schema, and where its sessions' webhooks go is not documented: to the Item's own URL, unless
// the token brought one.
func (t *linkToken) sessionWebhook() string {
	if t.item == nil {
		return t.webhookURL
	}
	return cmp.Or(t.webhookURL, t.item.webhookURL)
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
	if hosted := req.HostedLink; hosted != nil {
		t.hosted, t.expires = hosted.newLink(), now.Add(hosted.lifetime(t.item != nil))
		g.hostedLinks[t.hosted.id] = t
	}
	g.linkTokens[t.token] = t
	return t, nil
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
