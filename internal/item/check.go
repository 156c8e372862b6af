package item

import "time"

// Check is what reconcile learns about an Item by one question. It does not include the accounts.
type Check struct {
	Status PlaidStatus
	// Webhook is the URL that Plaid sends the Item's webhooks to, empty when there is none. It is known only when Plaid
	// returned the Item itself, so not when Status is Gone.
	Webhook string
	// DataAt is Status.DataAt.
	DataAt time.Time
}
