package webhook

import "slices"

// known lists every webhook that Plaid documents (https://plaid.com/docs/api/webhooks, the webhook schemas of its
// OpenAPI file): those about an Item and its Link sessions, which relink reads, and those about an Item's products,
// which it stores and passes on. Plaid adds others without notice.
var known = map[string][]string{
	TypeItem: {
		CodeError, CodeLoginRepaired, CodePendingDisconnect, CodePendingExpiration, CodeUserPermissionRevoked,
		CodeUserAccountRevoked, CodeNewAccountsAvailable, CodeWebhookUpdateAcknowledged,
	},
	TypeLink: {CodeSessionFinished, CodeItemAddResult, CodeEvents},

	"ASSETS": {"PRODUCT_READY", "ERROR"},
	"AUTH": {
		"AUTOMATICALLY_VERIFIED", "DEFAULT_UPDATE", "PRODUCT_PERMISSIONS_REQUIRED", "SMS_MICRODEPOSITS_VERIFICATION",
		"VERIFICATION_EXPIRED",
	},
	"HOLDINGS": {"DEFAULT_UPDATE"},
	"IDENTITY": {"DEFAULT_UPDATE", "PRODUCT_PERMISSIONS_REQUIRED"},
	"INCOME": {
		"BANK_INCOME_COMPLETE", "BANK_INCOME_REFRESH_COMPLETE", "BANK_INCOME_REFRESH_UPDATE", "INCOME_VERIFICATION",
		"INCOME_VERIFICATION_REFRESH_RECONNECT_NEEDED", "INCOME_VERIFICATION_RISK_SIGNALS", "PRODUCT_READY",
	},
	"INVESTMENTS_TRANSACTIONS": {"DEFAULT_UPDATE", "HISTORICAL_UPDATE"},
	"LIABILITIES":              {"DEFAULT_UPDATE"},
	"STATEMENTS":               {"STATEMENTS_REFRESH_COMPLETE"},
	"TRANSACTIONS": {
		"DEFAULT_UPDATE", "HISTORICAL_UPDATE", "INITIAL_UPDATE", "RECURRING_TRANSACTIONS_UPDATE", "SYNC_UPDATES_AVAILABLE",
		"TRANSACTIONS_REMOVED",
	},
}

// Known reports whether relink knows webhooks of this type and code. An unknown one is no error.
func (e Event) Known() bool { return slices.Contains(known[e.Type], e.Code) }

// KnownType returns the event's type when relink knows it, else "other": one of few words, as a metric's label has to
// be.
func (e Event) KnownType() string {
	if _, ok := known[e.Type]; ok {
		return e.Type
	}
	return "other"
}
