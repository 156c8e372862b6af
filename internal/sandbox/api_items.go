package sandbox

import (
	"net/url"
	"slices"
)

type accessTokenRequest struct {
	AccessToken string `json:"access_token"`
}

type plainAnswer struct {
	RequestID string `json:"request_id"`
}

type itemGetAnswer struct {
	Item      itemView       `json:"item"`
	Status    itemStatusView `json:"status"`
	RequestID string         `json:"request_id"`
}

// itemGet is the one path that gives an Item's error as data instead of failing with it.
func (s *Server) itemGet(c *call, req accessTokenRequest) (any, error) {
	answer := itemGetAnswer{RequestID: c.requestID}
	err := s.registry.withToken(req.AccessToken, func(it *item) error {
		c.itemID = it.id
		answer.Item, answer.Status = it.view(), it.statusView()
		return nil
	})
	return answer, err
}

func (s *Server) itemRemove(c *call, req accessTokenRequest) (any, error) {
	err := s.registry.withToken(req.AccessToken, func(it *item) error {
		c.itemID = it.id
		it.removed = true
		return nil
	})
	return plainAnswer{RequestID: c.requestID}, err
}

type itemWebhookUpdateRequest struct {
	AccessToken string `json:"access_token"`
	Webhook     string `json:"webhook"` // empty: none any more
}

type itemWebhookUpdateAnswer struct {
	Item      itemView `json:"item"`
	RequestID string   `json:"request_id"`
}

// itemWebhookUpdate changes where an Item's webhooks go and acknowledges it there (plaid.com/docs/api/items).
func (s *Server) itemWebhookUpdate(c *call, req itemWebhookUpdateRequest) (any, error) {
	if u, err := url.Parse(req.Webhook); req.Webhook != "" && (err != nil || u.Host == "") {
		return nil, invalidField("webhook must be a valid URL")
	}
	answer := itemWebhookUpdateAnswer{RequestID: c.requestID}
	var hook webhook
	err := s.registry.withToken(req.AccessToken, func(it *item) (err error) {
		c.itemID = it.id
		it.webhookURL = req.Webhook
		answer.Item = it.view()
		if it.webhookURL != "" {
			hook, err = s.registry.newWebhook(it, "ITEM", "WEBHOOK_UPDATE_ACKNOWLEDGED", nil)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if hook.url != "" {
		s.deliveries.enqueue(hook)
	}
	return answer, nil
}

type publicTokenExchangeRequest struct {
	PublicToken string `json:"public_token"`
}

type publicTokenExchangeAnswer struct {
	AccessToken string `json:"access_token"`
	ItemID      string `json:"item_id"`
	RequestID   string `json:"request_id"`
}

func (s *Server) publicTokenExchange(c *call, req publicTokenExchangeRequest) (any, error) {
	accessToken, itemID, err := s.registry.exchange(req.PublicToken)
	if err != nil {
		return nil, err
	}
	c.itemID = itemID
	return publicTokenExchangeAnswer{AccessToken: accessToken, ItemID: itemID, RequestID: c.requestID}, nil
}

type accountsGetRequest struct {
	AccessToken string `json:"access_token"`
	Options     struct {
		AccountIDs []string `json:"account_ids"`
	} `json:"options"`
}

type accountsGetAnswer struct {
	Accounts  []account `json:"accounts"`
	Item      itemView  `json:"item"`
	RequestID string    `json:"request_id"`
}

// accountsGet fails with the Item's error while it has one, and while the bank is down.
func (s *Server) accountsGet(c *call, req accountsGetRequest) (any, error) {
	answer := accountsGetAnswer{RequestID: c.requestID}
	err := s.registry.withToken(req.AccessToken, func(it *item) error {
		c.itemID = it.id
		switch {
		case it.failure != nil:
			return it.failure
		case it.institution.logins == down:
			return plaidError(codeInstitutionDown)
		}
		answer.Item = it.view()
		for _, wanted := range req.Options.AccountIDs {
			if !slices.ContainsFunc(it.accounts, func(a account) bool { return a.ID == wanted }) {
				return plaidError("INVALID_ACCOUNT_ID")
			}
		}
		for _, a := range it.accounts {
			if req.Options.AccountIDs == nil || slices.Contains(req.Options.AccountIDs, a.ID) {
				answer.Accounts = append(answer.Accounts, a)
			}
		}
		return nil
	})
	return answer, err
}
