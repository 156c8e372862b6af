package sandbox

import (
	"cmp"
	"slices"
)

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
