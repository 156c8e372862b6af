package neighbour

import (
	"encoding/json"
	"errors"
	"time"

	"relink/internal/item"
)

// Platform is the destination of the platform. It has a name here because Plaid's webhooks are passed on to it alone.
const Platform = "platform"

// PlaidWebhook is the event of a Plaid webhook that is passed on.
const PlaidWebhook = "plaid.webhook"

// Envelope is a message without its content. It is the argument of the workflow that delivers the message and stands in
// its history, so it holds nothing secret.
type Envelope struct {
	Key         string `json:"key"` // unique in the outbox, the same at each try
	Destination string `json:"destination"`
	Event       string `json:"event"`
}

// Row is a message as it is written to the outbox.
type Row struct {
	Envelope
	NotBefore time.Time // zero: at once
}

// Message is a message with its content, read anew for each try. It must not leave the call that sends it: a webhook's
// body is nobody else's business.
type Message struct {
	Envelope
	ItemID item.ID
	At     time.Time // when the event happened
	// Payload is the event as JSON: item_id, incident, state, cause, at. It is nil for a webhook that is passed on.
	Payload json.RawMessage
	// DeliveryKey and RawSealed are the body of a passed-on webhook as it came, sealed for its delivery. RawSealed is nil
	// once its retention time is over.
	DeliveryKey, RawSealed []byte
	// Now is how the Item stands when the message is read, which may be long after the event.
	Now Standing
	// Delivered reports that the neighbour has the message already.
	Delivered bool
}

// Standing is an Item as it is stored now. All of it is empty when the Item is not enrolled.
type Standing struct {
	State    item.State
	Cause    item.Cause
	Incident int
	// HubSpotDealID and MarqetaUserToken are the names of the Item's counterparts there, empty when it has none.
	HubSpotDealID, MarqetaUserToken string
}

// ErrNoMessage is returned for a key that the outbox does not hold.
var ErrNoMessage = errors.New("there is no such message")
