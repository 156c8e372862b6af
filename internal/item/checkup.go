package item

import "time"

// Checkup is what reconcile learns of an Item by one question. Accounts are not asked for.
type Checkup struct {
	Truth Truth
	// Webhook is the URL that Plaid sends the Item's webhooks to, empty when there is none; it is known only while Plaid
	// answers with the Item itself, so not when Truth is Gone.
	Webhook string
	// DataAt is Truth.DataAt.
	DataAt time.Time
}
