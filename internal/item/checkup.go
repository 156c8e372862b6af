package item

import "time"

// Checkup is what one look at an Item shows besides its health.
type Checkup struct {
	Truth Truth
	// Webhook is the URL that Plaid sends the Item's webhooks to; empty when it has none.
	Webhook string
	// DataAt is when Plaid last got data for the Item, zero when none of its products says so.
	DataAt time.Time
}
