package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// webhook is a body for one Item's receiver, before it is signed.
type webhook struct {
	itemID, url, kind, code string
	body                    []byte
}

// noticePeriod is how long before the end of consent PENDING_DISCONNECT and PENDING_EXPIRATION come
// (plaid.com/docs/api/items).
const noticePeriod = 7 * 24 * time.Hour

// newWebhook makes the body Plaid sends for a code, with fields laid over it, and notes it as the Item's last webhook.
// The body is indented by two spaces, as Plaid's is: its hash covers the white space. It needs the registry's lock.
func (g *registry) newWebhook(it *item, kind, code string, fields map[string]any) (webhook, error) {
	now := g.now()
	content := map[string]any{"webhook_type": kind, "webhook_code": code, "item_id": it.id, "environment": environment}
	maps.Copy(content, defaultFields(it, kind, code, now))
	maps.Copy(content, fields)
	body, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return webhook{}, fmt.Errorf("encode %s %s webhook: %w", kind, code, err)
	}
	it.lastWebhookCode, it.lastWebhookAt = code, now
	return webhook{itemID: it.id, url: it.webhookURL, kind: kind, code: code, body: body}, nil
}

// defaultFields are what each code carries beyond the common four (plaid.com/docs/api/items and .../transactions).
func defaultFields(it *item, kind, code string, now time.Time) map[string]any {
	switch kind + " " + code {
	case "ITEM ERROR":
		failure := it.failure
		if failure == nil {
			failure = plaidError(codeItemLoginRequired)
		}
		return map[string]any{"error": failure.inWebhook()}
	case "ITEM USER_PERMISSION_REVOKED":
		return map[string]any{"error": plaidError(codeUserPermissionRevoked).inWebhook()}
	case "ITEM PENDING_DISCONNECT":
		return map[string]any{"reason": "INSTITUTION_TOKEN_EXPIRATION", "disconnect_time": now.Add(noticePeriod)}
	case "ITEM PENDING_EXPIRATION":
		return map[string]any{"consent_expiration_time": now.Add(noticePeriod)}
	case "ITEM USER_ACCOUNT_REVOKED":
		return map[string]any{"account_id": it.accounts[0].ID}
	case "ITEM NEW_ACCOUNTS_AVAILABLE":
		return map[string]any{"error": nil}
	case "ITEM WEBHOOK_UPDATE_ACKNOWLEDGED":
		return map[string]any{"error": nil, "new_webhook_url": it.webhookURL}
	case "TRANSACTIONS SYNC_UPDATES_AVAILABLE":
		return map[string]any{"initial_update_complete": true, "historical_update_complete": true}
	case "TRANSACTIONS RECURRING_TRANSACTIONS_UPDATE":
		return map[string]any{"account_ids": []string{it.accounts[0].ID}}
	case "TRANSACTIONS DEFAULT_UPDATE":
		return map[string]any{"error": nil, "new_transactions": 0}
	}
	return nil
}

// breakItem puts an Item into an error state. With notify and a webhook URL it also makes the webhook Plaid would send:
// ITEM: ERROR, or ITEM: USER_PERMISSION_REVOKED for that code, which has a webhook of its own. It needs the lock.
func (g *registry) breakItem(it *item, failure *apiError, notify bool) (*webhook, error) {
	it.breakWith(failure, g.now())
	if !notify || it.webhookURL == "" {
		return nil, nil
	}
	code := "ERROR"
	if failure.code == codeUserPermissionRevoked {
		code = codeUserPermissionRevoked
	}
	hook, err := g.newWebhook(it, "ITEM", code, nil)
	return &hook, err
}
