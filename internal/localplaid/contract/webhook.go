package contract

import (
	"encoding/json"
	"fmt"
	"testing"
)

// webhookSchemas names the schema of each webhook, by type and code; the OpenAPI file does not say which is whose.
func webhookSchemas() map[string]string {
	return map[string]string{
		"ITEM ERROR":                                 "ItemErrorWebhook",
		"ITEM LOGIN_REPAIRED":                        "ItemLoginRepairedWebhook",
		"ITEM PENDING_DISCONNECT":                    "PendingDisconnectWebhook",
		"ITEM PENDING_EXPIRATION":                    "PendingExpirationWebhook",
		"ITEM USER_PERMISSION_REVOKED":               "UserPermissionRevokedWebhook",
		"ITEM USER_ACCOUNT_REVOKED":                  "UserAccountRevokedWebhook",
		"ITEM NEW_ACCOUNTS_AVAILABLE":                "NewAccountsAvailableWebhook",
		"ITEM WEBHOOK_UPDATE_ACKNOWLEDGED":           "WebhookUpdateAcknowledgedWebhook",
		"TRANSACTIONS SYNC_UPDATES_AVAILABLE":        "SyncUpdatesAvailableWebhook",
		"TRANSACTIONS DEFAULT_UPDATE":                "DefaultUpdateWebhook",
		"TRANSACTIONS RECURRING_TRANSACTIONS_UPDATE": "RecurringTransactionsUpdateWebhook",
		"LINK SESSION_FINISHED":                      "LinkSessionFinishedWebhook",
		"LINK EVENTS":                                "LinkEventsWebhook",
		"LINK ITEM_ADD_RESULT":                       "ItemAddResultWebhook",
	}
}

// Webhook fails the test unless the body is one of Plaid's webhooks, by the OpenAPI file and the known Differences.
func Webhook(t testing.TB, body []byte) {
	t.Helper()
	if err := checkWebhook(body); err != nil {
		t.Errorf("contract: webhook: %v\n%s", err, body)
	}
}

func checkWebhook(body []byte) error {
	loaded, err := loadSpec()
	if err != nil {
		return err
	}
	var kind struct {
		Type string `json:"webhook_type"`
		Code string `json:"webhook_code"`
	}
	if err := json.Unmarshal(body, &kind); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	name, ok := webhookSchemas()[kind.Type+" "+kind.Code]
	if !ok {
		return fmt.Errorf("no schema is known for %s %s", kind.Type, kind.Code)
	}
	return checkBody(loaded.doc.Components.Schemas[name], body)
}
