package localplaid

import (
	"cmp"
	"net/url"
	"slices"
	"time"
)

// itemGet is the only path that gives an Item's error as data instead of failing with it.
func (*registry) itemGet(it *item, _ struct{}) (reply, error) {
	return reply{"item": it.view(), "status": it.status()}, nil
}

func (*registry) itemRemove(it *item, _ struct{}) (reply, error) {
	it.Removed = true
	return reply{}, nil
}

type itemWebhookUpdateRequest struct {
	Webhook string `json:"webhook"` // empty: no webhooks from now on
}

// itemWebhookUpdate changes where an Item's webhooks go and acknowledges it there (plaid.com/docs/api/items).
func (g *registry) itemWebhookUpdate(it *item, req itemWebhookUpdateRequest) (reply, error) {
	if u, err := url.Parse(req.Webhook); req.Webhook != "" && (err != nil || u.Host == "") {
		return nil, invalidField("webhook must be a valid URL")
	}
	it.WebhookURL = req.Webhook
	if _, err := g.notify(it, typeItem, "WEBHOOK_UPDATE_ACKNOWLEDGED"); err != nil {
		return nil, err
	}
	return reply{"item": it.view()}, nil
}

type publicTokenExchangeRequest struct {
	PublicToken string `json:"public_token"`
}

func (g *registry) publicTokenExchange(c *call, req publicTokenExchangeRequest) (reply, error) {
	it, err := g.spend(req.PublicToken)
	if err != nil {
		return nil, err
	}
	c.itemID = it.id
	return reply{"access_token": it.AccessToken, "item_id": it.id}, nil
}

type accountsGetRequest struct {
	Options struct {
		AccountIDs []string `json:"account_ids"`
	} `json:"options"`
}

// accountsGet fails with the Item's error while it has one, and while the bank is down.
func (*registry) accountsGet(it *item, req accountsGetRequest) (reply, error) {
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

type institutionsGetByIDRequest struct {
	InstitutionID string   `json:"institution_id"`
	CountryCodes  []string `json:"country_codes"`
	Options       struct {
		IncludeStatus           bool `json:"include_status"`
		IncludeOptionalMetadata bool `json:"include_optional_metadata"`
	} `json:"options"`
}

// institutionsGetByID also serves include_status, which Plaid's own Sandbox does not have.
func (g *registry) institutionsGetByID(_ *call, req institutionsGetByIDRequest) (reply, error) {
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

type sandboxPublicTokenCreateRequest struct {
	InstitutionID   string   `json:"institution_id"`
	InitialProducts []string `json:"initial_products"`
	Options         struct {
		Webhook          string  `json:"webhook"`
		OverrideUsername *string `json:"override_username"`
		OverridePassword *string `json:"override_password"`
	} `json:"options"`
}

// sandboxPublicTokenCreate makes an Item without Link.
func (g *registry) sandboxPublicTokenCreate(c *call, req sandboxPublicTokenCreateRequest) (reply, error) {
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
	c.itemID = it.id
	return reply{"public_token": g.mintPublicToken(it)}, nil
}

// sandboxItemResetLogin breaks the Item as a changed password does, webhook included.
func (g *registry) sandboxItemResetLogin(it *item, _ struct{}) (reply, error) {
	_, err := g.breakItem(it, plaidError(codeItemLoginRequired), true)
	return reply{"reset_login": true}, err
}

type sandboxItemFireWebhookRequest struct {
	WebhookType string `json:"webhook_type"`
	WebhookCode string `json:"webhook_code"`
}

// sandboxItemFireWebhook sends what Plaid's does and leaves the Item as it is. ERROR is an Assets webhook there, not
// ITEM: ERROR, and Items here have no asset reports that could fail.
func (g *registry) sandboxItemFireWebhook(it *item, req sandboxItemFireWebhookRequest) (reply, error) {
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
	_, err := g.notify(it, kind, req.WebhookCode)
	return reply{"webhook_fired": true}, err
}

type webhookVerificationKeyGetRequest struct {
	KeyID string `json:"key_id"`
}

func (s *Server) webhookVerificationKeyGet(_ *call, req webhookVerificationKeyGetRequest) (reply, error) {
	key, err := s.keys.find(req.KeyID)
	return reply{"key": key}, err
}
