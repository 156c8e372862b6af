package inbox

import (
	"encoding/json"
	"time"

	"relink/internal/item"
)

// Entry is a webhook or a merchant's act on its way into the inbox.
type Entry struct {
	Source      item.Source
	Environment string
	ItemID      item.ID // empty when the webhook names none
	Code        string  // a Hint's code
	Until       time.Time
	// DeliveryKey identifies the exact delivery (signed token and body): the same key again is the same delivery.
	// Only webhooks have one.
	DeliveryKey []byte
	// Body is the redacted body: it is kept in clear.
	Body json.RawMessage
	// RawSealed is the body as it came, sealed for the row; nil for a merchant's act.
	RawSealed []byte
	// Stale is set for a delivery that Plaid signed, but longer ago than its rules allow.
	Stale bool
	// Forward is set when the platform is to have the webhook as well.
	Forward bool
	// Ignored is why it concerns no workflow, Dead why nobody but a person can make something of it; both are empty for
	// what is to be delivered.
	Ignored, Dead string
	// Trace is the W3C traceparent of the request that brought it; empty when nothing is traced.
	Trace string
}

// Receipt says what became of an arrival.
type Receipt struct {
	RowID int64
	// Repeat is set when the exact same delivery is stored already; nothing was added.
	Repeat bool
}
