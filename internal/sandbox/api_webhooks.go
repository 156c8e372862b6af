package sandbox

import "slices"

type webhookVerificationKeyGetRequest struct {
	KeyID string `json:"key_id"`
}

type webhookVerificationKeyGetAnswer struct {
	Key       jwk    `json:"key"`
	RequestID string `json:"request_id"`
}

func (s *Server) webhookVerificationKeyGet(c *call, req webhookVerificationKeyGetRequest) (any, error) {
	key, err := s.keys.find(req.KeyID)
	if err != nil {
		return nil, err
	}
	return webhookVerificationKeyGetAnswer{Key: key, RequestID: c.requestID}, nil
}

type sandboxItemFireWebhookRequest struct {
	AccessToken string `json:"access_token"`
	WebhookType string `json:"webhook_type"`
	WebhookCode string `json:"webhook_code"`
}

type sandboxItemFireWebhookAnswer struct {
	WebhookFired bool   `json:"webhook_fired"`
	RequestID    string `json:"request_id"`
}

// sandboxItemFireWebhook sends what Plaid's does and leaves the Item as it is. ERROR there is an Assets webhook, not
// ITEM: ERROR, and Items here have no asset reports to fail.
func (s *Server) sandboxItemFireWebhook(c *call, req sandboxItemFireWebhookRequest) (any, error) {
	kind, ok := firedType(req.WebhookCode)
	if !ok || (req.WebhookType != "" && req.WebhookType != kind) {
		return nil, invalidField("webhook_type and webhook_code are not a webhook that can be fired")
	}
	var hook webhook
	err := s.registry.withToken(req.AccessToken, func(it *item) (err error) {
		c.itemID = it.id
		switch {
		case it.webhookURL == "":
			return plaidError("SANDBOX_WEBHOOK_INVALID")
		case kind == "TRANSACTIONS" && !slices.Contains(it.products, "transactions"), kind == "AUTH", kind == "ASSETS":
			return plaidError("SANDBOX_PRODUCT_NOT_ENABLED")
		}
		hook, err = s.registry.newWebhook(it, kind, req.WebhookCode, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.deliveries.enqueue(hook)
	return sandboxItemFireWebhookAnswer{WebhookFired: true, RequestID: c.requestID}, nil
}

// firedType is the webhook_type that goes with each code of /sandbox/item/fire_webhook (plaid.com/docs/api/sandbox).
func firedType(code string) (kind string, ok bool) {
	switch code {
	case "NEW_ACCOUNTS_AVAILABLE", "LOGIN_REPAIRED", "PENDING_DISCONNECT", codeUserPermissionRevoked, "USER_ACCOUNT_REVOKED":
		return "ITEM", true
	case "DEFAULT_UPDATE", "SYNC_UPDATES_AVAILABLE", "RECURRING_TRANSACTIONS_UPDATE":
		return "TRANSACTIONS", true
	case "SMS_MICRODEPOSITS_VERIFICATION", "AUTHORIZATION_GRANTED":
		return "AUTH", true
	case "ERROR", "PRODUCT_READY":
		return "ASSETS", true
	}
	return "", false
}
