package neighbour

import (
	"encoding/json"
	"errors"
	"time"

	"relink/internal/item"
)

// Platform is the destination of the platform. It is named here because Plaid's webhooks are forwarded to it alone.
const Platform = "platform"

// PlaidWebhook is the event of a forwarded Plaid webhook.
const PlaidWebhook = "plaid.webhook"

// Envelope is a message without its content. It is the argument of the workflow that delivers the message, and so is in
// a history. It holds nothing secret.
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

// Message is a message with its content, which is read anew for each try. It must not leave the call that sends it,
// because it may hold a webhook's body.
type Message struct {
	Envelope
	ItemID item.ID
	At     time.Time // when the event happened
	// Payload is the event as JSON: item_id, incident, state, cause, at. It is nil for a forwarded webhook.
	Payload json.RawMessage
	// RawSealed is the unchanged body of a forwarded webhook, sealed for its DeliveryKey. It is nil once its retention
	// time is over.
	DeliveryKey, RawSealed []byte
	// Now is the Item at the time when the message is read, which may be long after the event.
	Now Standing
	// Delivered is set if the neighbour has the message already.
	Delivered bool
}

// Standing is an Item as it is stored now. It is the zero value when the Item is not enrolled.
type Standing struct {
	State    item.State
	Cause    item.Cause
	Incident int
	// HubSpotDealID and MarqetaUserToken are the ids of the Item's counterparts there, empty when it has none.
	HubSpotDealID, MarqetaUserToken string
}

// ErrNoMessage is returned for a key that the outbox does not hold.
var ErrNoMessage = errors.New("there is no such message")
