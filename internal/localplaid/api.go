package localplaid

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// apiRequest is the body of a request to Plaid's API. Each path uses its own part: apiRoute says which fields it takes.
type apiRequest struct {
	AccessToken     string   `json:"access_token"`
	ClientName      string   `json:"client_name"`
	CountryCodes    []string `json:"country_codes"`
	InitialProducts []string `json:"initial_products"`
	InstitutionID   string   `json:"institution_id"`
	KeyID           string   `json:"key_id"`
	Language        string   `json:"language"`
	LinkToken       string   `json:"link_token"`
	Products        []string `json:"products"`
	PublicToken     string   `json:"public_token"`
	RedirectURI     string   `json:"redirect_uri"`
	Webhook         string   `json:"webhook"`
	WebhookType     string   `json:"webhook_type"`
	WebhookCode     string   `json:"webhook_code"`

	HostedLink *hostedLinkRequest `json:"hosted_link"`
	Options    struct {
		AccountIDs              []string `json:"account_ids"`
		IncludeStatus           bool     `json:"include_status"`
		IncludeOptionalMetadata bool     `json:"include_optional_metadata"`
		OverrideUsername        *string  `json:"override_username"`
		OverridePassword        *string  `json:"override_password"`
		Webhook                 string   `json:"webhook"`
	} `json:"options"`
	Update struct {
		AccountSelectionEnabled bool     `json:"account_selection_enabled"`
		User                    bool     `json:"user"`
		ItemIDs                 []string `json:"item_ids"`
	} `json:"update"`
	User struct {
		ClientUserID string `json:"client_user_id"`
	} `json:"user"`
}

// itemGet is the only path that gives an Item's error as data instead of failing with it.
func itemGet(it *item, _ *call) (reply, error) {
	return reply{"item": it.view(), "status": it.status()}, nil
}

func itemRemove(it *item, _ *call) (reply, error) {
	it.Removed = true
	return reply{}, nil
}

// itemWebhookUpdate changes where an Item's webhooks go and acknowledges it there (plaid.com/docs/api/items). An empty
// webhook means no webhooks from now on.
func (g *registry) itemWebhookUpdate(it *item, req *call) (reply, error) {
	if u, err := url.Parse(req.Webhook); req.Webhook != "" && (err != nil || u.Host == "") {
		return nil, invalidField("webhook must be a valid URL")
	}
	it.WebhookURL = req.Webhook
	g.notify(it, typeItem, "WEBHOOK_UPDATE_ACKNOWLEDGED")
	return reply{"item": it.view()}, nil
}

func (g *registry) publicTokenExchange(c *call) (reply, error) {
	it, err := g.spend(c.PublicToken)
	if err != nil {
		return nil, err
	}
	c.itemID = it.id
	return reply{"access_token": it.AccessToken, "item_id": it.id}, nil
}

// accountsGet fails with the Item's error while it has one, and while the bank is down.
func accountsGet(it *item, req *call) (reply, error) {
	switch {
	case it.Failure != nil:
		return nil, it.Failure
	case it.institution.Logins == down:
		return nil, plaidError(codeInstitutionDown)
	}
	shown := it.accounts()
	if wanted := req.Options.AccountIDs; wanted != nil {
		shown = accountsOf(shown, wanted)
		for _, id := range wanted {
			if !slices.Contains(accountIDs(shown), id) {
				return nil, plaidError("INVALID_ACCOUNT_ID")
			}
		}
	}
	return reply{"accounts": shown, "item": it.view()}, nil
}

// institutionsGetByID also serves include_status, which Plaid's own Sandbox does not have.
func (g *registry) institutionsGetByID(req *call) (reply, error) {
	in, err := g.institution(req.InstitutionID)
	if err != nil {
		return nil, err
	}
	if !in.servesAny(req.CountryCodes) {
		return nil, plaidError("INVALID_INSTITUTION").saying("institution_id is not supported in the given country_codes")
	}
	view := reply{
		"institution_id": in.id, "name": in.name, "products": institutionProducts(), "country_codes": in.countries,
		"routing_numbers": []string{}, "dtc_numbers": []string{}, "oauth": in.oauth,
	}
	if req.Options.IncludeOptionalMetadata {
		view["url"], view["primary_color"] = "https://plaid.com", "#1f1f1f"
	}
	if req.Options.IncludeStatus {
		view["status"] = in.status(g.now())
	}
	return reply{"institution": view}, nil
}

// status is Plaid's status object, the same for both products. Health that nobody has changed counts from the start of
// this day. The shares in a breakdown are of 1.
func (h health) status(now time.Time) reply {
	since := h.Since
	if since.IsZero() {
		since = now.Truncate(24 * time.Hour)
	}
	success, errorPlaid, errorInstitution, interval := 0.99, 0.005, 0.005, "NORMAL"
	switch h.Logins {
	case degraded:
		success, errorPlaid, errorInstitution, interval = 0.6, 0.04, 0.36, "DELAYED"
	case down:
		success, errorPlaid, errorInstitution, interval = 0.02, 0.03, 0.95, "STOPPED"
	}
	product := func() (status, breakdown reply) {
		breakdown = reply{"success": success, "error_plaid": errorPlaid, "error_institution": errorInstitution}
		return reply{"status": h.Logins, "last_status_change": since, "breakdown": breakdown}, breakdown
	}
	logins, _ := product()
	updates, breakdown := product()
	breakdown["refresh_interval"] = interval
	return reply{"item_logins": logins, "transactions_updates": updates, "health_incidents": []any{}}
}

// sandboxPublicTokenCreate makes an Item without Link.
func (g *registry) sandboxPublicTokenCreate(req *call) (reply, error) {
	in, err := g.institution(req.InstitutionID)
	if err != nil {
		return nil, err
	}
	if len(req.InitialProducts) == 0 {
		return nil, invalidField("initial_products must be a non-empty array")
	}
	for _, p := range req.InitialProducts {
		if !slices.Contains(institutionProducts(), p) {
			return nil, invalidProduct(p)
		}
	}
	username := *cmp.Or(req.Options.OverrideUsername, new(userGood))
	password := *cmp.Or(req.Options.OverridePassword, new("pass_good"))
	if _, failure := in.login(username, password, oneTimeCode); failure != nil {
		return nil, failure
	}
	it := newItem(in, username, req.InitialProducts, req.Options.Webhook, sandboxAccounts(in.currency()), g.now())
	g.add(it)
	req.itemID = it.id
	return reply{"public_token": g.mintPublicToken(it)}, nil
}

// sandboxItemResetLogin breaks the Item as a changed password does, webhook included.
func (g *registry) sandboxItemResetLogin(it *item, _ *call) (reply, error) {
	g.breakItem(it, plaidError(codeItemLoginRequired), true)
	return reply{"reset_login": true}, nil
}

// sandboxItemFireWebhook sends what Plaid's does and leaves the Item as it is. ERROR is an Assets webhook there, not
// ITEM: ERROR, and Items here have no asset reports that could fail.
func (g *registry) sandboxItemFireWebhook(it *item, req *call) (reply, error) {
	i := slices.IndexFunc(webhookKinds, func(k webhookKind) bool { return k.fired && k.code == req.WebhookCode })
	if i < 0 || cmp.Or(req.WebhookType, webhookKinds[i].kind) != webhookKinds[i].kind {
		return nil, invalidField("webhook_type and webhook_code are not a webhook that can be fired")
	}
	kind := webhookKinds[i].kind
	switch {
	case it.WebhookURL == "":
		return nil, plaidError("SANDBOX_WEBHOOK_INVALID")
	case kind != typeItem && (kind != typeTransactions || !it.has("transactions")):
		return nil, plaidError("SANDBOX_PRODUCT_NOT_ENABLED")
	}
	g.notify(it, kind, req.WebhookCode)
	return reply{"webhook_fired": true}, nil
}

func (s *Server) webhookVerificationKeyGet(req *call) (reply, error) {
	key, err := s.keys.find(req.KeyID)
	return reply{"key": key}, err
}

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
