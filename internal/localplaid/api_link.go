package localplaid

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// linkTokenCreate responds with a hosted_link_url only where hosted_link was asked for.
func (s *Server) linkTokenCreate(c *call) (reply, error) {
	t, err := s.registry.createLinkToken(c.apiRequest)
	if err != nil {
		return nil, err
	}
	c.itemID = t.ItemID
	answer := reply{"link_token": t.token, "expiration": t.Expires}
	if t.Hosted != nil {
		answer["hosted_link_url"] = s.baseURL(c.request) + t.Hosted.path()
	}
	return answer, nil
}

// linkTokenGet shows the sessions of a link token, also of one that has expired.
func (g *registry) linkTokenGet(c *call) (reply, error) {
	t, ok := g.linkTokens[c.LinkToken]
	if !ok {
		return nil, plaidError(codeInvalidLinkToken)
	}
	c.itemID = t.ItemID
	return reply{
		"link_token": t.token, "created_at": t.CreatedAt, "expiration": t.Expires, "link_sessions": each(t.Sessions, (*linkSession).view),
		"metadata": reply{
			"initial_products": append([]string{}, t.Products...), "webhook": orNull(t.WebhookURL), "country_codes": t.Countries,
			"language": t.Language, "redirect_uri": orNull(t.RedirectURI), "client_name": t.ClientName,
		},
	}, nil
}

// checkLinkToken refuses what Plaid refuses of a link token, but for a wrong access token or institution.
func (req apiRequest) checkLinkToken() error {
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
		// Nobody asks for balance: any product brings it (plaid.com/docs/errors/invalid-input, INVALID_PRODUCT).
		if p == "balance" || !slices.Contains(institutionProducts(), p) {
			return invalidProduct(p)
		}
	}
	switch {
	case req.Update.User || len(req.Update.ItemIDs) > 0:
		return invalidField("update.user and update.item_ids are not offered by the local Plaid")
	case req.AccessToken == "" && len(req.Products) == 0:
		return invalidField("products must be a non-empty array")
	case req.AccessToken != "" && len(req.Products) > 0:
		return invalidField("products must be omitted when creating a link_token in update mode")
	}
	if err := checkRedirectURI(req.RedirectURI); err != nil {
		return err
	}
	return req.HostedLink.check()
}

// checkRedirectURI holds Plaid's rules for Sandbox: HTTPS, or HTTP on this machine; no query, no fragment, no wildcard
// (plaid.com/docs/link/oauth). Plaid also wants the URI on the Dashboard's list of allowed ones. There is no Dashboard
// here: every HTTPS address counts as listed, and over HTTP every loopback address.
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
	case strings.ContainsAny(raw, "?#"):
		return invalidField("OAuth redirect URI must not contain a query string or fragment")
	case strings.Contains(u.Host, "*"):
		return invalidField("OAuth redirect URI must not contain a wildcard")
	}
	return nil
}

func plaidCountries() []string {
	return []string{"US", "GB", "ES", "NL", "FR", "IE", "CA", "DE", "IT", "PL", "DK", "NO", "SE", "EE", "LT", "LV", "PT", "BE"}
}
