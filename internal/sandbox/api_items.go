package sandbox

import (
	"net/url"
	"slices"
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
