package inbox

import (
	"encoding/json"
	"time"

	"relink/internal/item"
)

// Entry is a webhook, a merchant's action or an operator's command on its way into the inbox.
type Entry struct {
	Source      item.Source
	Environment string
	ItemID      item.ID   // empty when the webhook names none
	Code        string    // a Hint's code
	Until       time.Time // a Hint's Until; zero when there is none
	// DeliveryKey identifies the exact delivery (signed token and body). A second entry with the same key is the same
	// delivery. Only webhooks have a key.
	DeliveryKey []byte
	// Body is the redacted body, which is stored in clear.
	Body json.RawMessage
	// RawSealed is the original body, sealed for the row; nil for a merchant's action.
	RawSealed []byte
	// Stale is set for a delivery that Plaid signed, but longer ago than its rules allow.
	Stale bool
	// Forward is set when the platform gets the webhook as well.
	Forward bool
	// Ignored is why it concerns no workflow. Dead is why only a person can do something about it. Both are empty for an
	// entry that is to be delivered.
	Ignored, Dead string
	// Trace is the W3C traceparent of the request that brought it; empty when nothing is traced.
	Trace string
}

// Receipt is the result of storing an entry.
type Receipt struct {
	RowID int64
	// Repeat is set when the exact same delivery is stored already; nothing was added.
	Repeat bool
}
