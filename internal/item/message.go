package item

import (
	"encoding/json"
	"errors"
	"time"
)

// Message is a row of the outbox as its delivery knows it: what a neighbour is to be told, without what it says. It
// stands in workflow history, so nothing in it is secret.
type Message struct {
	Key         string `json:"key"` // unique for good, the same at each try
	Destination string `json:"destination"`
	Event       string `json:"event"`
}

// ToPlatform is the destination of what the platform is told.
const ToPlatform = "platform"

// PlaidWebhook is the event of a Plaid webhook that is passed on.
const PlaidWebhook = "plaid.webhook"

// Telling is a message with all that it says. It must not leave the call that tells it: a webhook's body is nobody
// else's business.
type Telling struct {
	Message
	At time.Time // when it happened
	// Payload is what it says, as JSON; nil for a webhook that is passed on.
	Payload json.RawMessage
	// DeliveryKey and RawSealed are a passed-on webhook's body as it came, sealed for its delivery. RawSealed is nil once
	// its retention time is over.
	DeliveryKey, RawSealed []byte
	// Delivered is set when the neighbour has it already.
	Delivered bool
}

// ErrNoMessage is answered for a key that the outbox does not know.
var ErrNoMessage = errors.New("there is no such message")
