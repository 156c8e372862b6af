package sandbox

import (
	"cmp"
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
// newest text of Plaid's schema, and where its sessions' webhooks go is not documented. Here they go to the token's URL,
// or else to the Item's own.
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
func (g *registry) createLinkToken(req linkTokenCreateRequest) (*linkToken, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	now := g.now()
	t := &linkToken{
		token: newLinkToken(), CreatedAt: now, Expires: now.Add(linkTokenLifetime),
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
		t.Hosted, t.Expires = hosted.newLink(), now.Add(hosted.lifetime(t.item != nil))
		g.hostedLinks[t.Hosted.ID] = t
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
	t, ok := g.hostedLinks[id]
	if !ok {
		return nil, plaidError(codeInvalidLinkToken)
	}
	return g.liveLinkToken(t.token)
}
