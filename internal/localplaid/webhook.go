package localplaid

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// webhook is a body for one receiver, before it is signed. Its exported fields are what the log shows of it.
type webhook struct {
	ItemID string `json:"item_id"`
	Type   string `json:"webhook_type"`
	Code   string `json:"webhook_code"`
	URL    string `json:"url"`

	body []byte
}

const (
	typeItem         = "ITEM"
	typeTransactions = "TRANSACTIONS"
)

// noticePeriod is how long before the end of consent PENDING_DISCONNECT and PENDING_EXPIRATION come
// (plaid.com/docs/api/items).
const noticePeriod = 7 * 24 * time.Hour

// webhookKind is a webhook that Plaid sends about an Item.
type webhookKind struct {
	kind, code string
	fired      bool // /sandbox/item/fire_webhook takes its code (plaid.com/docs/api/sandbox)
	// fields are what it carries beyond type, code, item_id and environment; nil: nothing
	// (plaid.com/docs/api/items and .../transactions).
	fields func(it *item, now time.Time) map[string]any
}

var webhookKinds = []webhookKind{
	{typeItem, "ERROR", false, func(it *item, _ time.Time) map[string]any {
		failure := it.Failure
		if failure == nil {
			failure = plaidError(codeItemLoginRequired)
		}
		return map[string]any{"error": failure.inWebhook()}
	}},
	{typeItem, "LOGIN_REPAIRED", true, nil},
	{typeItem, codeUserPermissionRevoked, true, func(*item, time.Time) map[string]any {
		return map[string]any{"error": plaidError(codeUserPermissionRevoked).inWebhook()}
	}},
	{typeItem, "PENDING_DISCONNECT", true, func(_ *item, now time.Time) map[string]any {
		return map[string]any{"reason": "INSTITUTION_TOKEN_EXPIRATION", "disconnect_time": now.Add(noticePeriod)}
	}},
	{typeItem, "PENDING_EXPIRATION", false, func(_ *item, now time.Time) map[string]any {
		return map[string]any{"consent_expiration_time": now.Add(noticePeriod)}
	}},
	{typeItem, "USER_ACCOUNT_REVOKED", true, func(it *item, _ time.Time) map[string]any {
		return map[string]any{"account_id": it.accounts()[0].ID}
	}},
	{typeItem, "NEW_ACCOUNTS_AVAILABLE", true, func(*item, time.Time) map[string]any { return map[string]any{"error": nil} }},
	{typeItem, "WEBHOOK_UPDATE_ACKNOWLEDGED", false, func(it *item, _ time.Time) map[string]any {
		return map[string]any{"error": nil, "new_webhook_url": it.WebhookURL}
	}},
	{typeTransactions, "SYNC_UPDATES_AVAILABLE", true, func(*item, time.Time) map[string]any {
		return map[string]any{"initial_update_complete": true, "historical_update_complete": true}
	}},
	{typeTransactions, "RECURRING_TRANSACTIONS_UPDATE", true, func(it *item, _ time.Time) map[string]any {
		return map[string]any{"account_ids": []string{it.accounts()[0].ID}}
	}},
	{typeTransactions, "DEFAULT_UPDATE", true, func(*item, time.Time) map[string]any {
		return map[string]any{"error": nil, "new_transactions": 0}
	}},
	// Products that no Item here has: firing them is refused.
	{"AUTH", "SMS_MICRODEPOSITS_VERIFICATION", true, nil},
	{"AUTH", "AUTHORIZATION_GRANTED", true, nil},
	{"ASSETS", "ERROR", true, nil},
	{"ASSETS", "PRODUCT_READY", true, nil},
}

// newWebhook makes the body that Plaid sends for a code, with fields laid over it, and notes it as the Item's last
// webhook. The body is indented by two spaces, as Plaid's is: its hash covers the white space.
func (g *registry) newWebhook(it *item, kind, code string, fields map[string]any) (webhook, error) {
	now := g.now()
	content := map[string]any{"webhook_type": kind, "webhook_code": code, "item_id": it.id, "environment": environment}
	for _, known := range webhookKinds {
		if known.kind == kind && known.code == code && known.fields != nil {
			maps.Copy(content, known.fields(it, now))
		}
	}
	maps.Copy(content, fields)
	body, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return webhook{}, fmt.Errorf("encode %s %s webhook: %w", kind, code, err)
	}
	it.LastWebhook, it.LastWebhookAt = code, now
	return webhook{ItemID: it.id, URL: it.WebhookURL, Type: kind, Code: code, body: body}, nil
}

// notify sends a webhook about an Item and returns its delivery's id; empty where the Item has no URL.
func (g *registry) notify(it *item, kind, code string) (deliveryID string, err error) {
	if it.WebhookURL == "" {
		return "", nil
	}
	hook, err := g.newWebhook(it, kind, code, nil)
	if err != nil {
		return "", err
	}
	return g.send(hook), nil
}

// breakItem puts an Item into an error state. With a webhook, it also sends what Plaid would: ITEM: ERROR, or
// ITEM: USER_PERMISSION_REVOKED, since that code has a webhook of its own.
func (g *registry) breakItem(it *item, failure *apiError, withWebhook bool) (deliveryID string, err error) {
	it.breakWith(failure, g.now())
	switch {
	case !withWebhook:
		return "", nil
	case failure.Code == codeUserPermissionRevoked:
		return g.notify(it, typeItem, codeUserPermissionRevoked)
	}
	return g.notify(it, typeItem, "ERROR")
}
