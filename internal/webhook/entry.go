package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"relink/internal/inbox"
	"relink/internal/item"
)

// NoticePeriod is the time between Plaid's announcement of a connection's end and that end
// (https://plaid.com/docs/api/items).
const NoticePeriod = 7 * 24 * time.Hour

// The reasons why a delivery that Plaid signed becomes a dead letter, or does not concern the workflows.
const (
	deadUnclear     = "it is not understood"
	deadElsewhere   = "it speaks of another environment"
	deadNameless    = "it names no item"
	ignoredNoHealth = "it does not concern the health of an item"
	// IgnoredForeignLink is the reason of a LINK webhook whose link token was not minted here.
	IgnoredForeignLink = "it is about a link token that was not minted here"
)

// Intake makes inbox rows of the webhooks for one deployment.
type Intake struct {
	Environment string // "sandbox" or "production"
	// Forwards reports whether the platform gets Plaid's webhooks of a type. If it is nil, the platform gets none.
	Forwards func(webhookType string) bool
}

// Entry returns the inbox row of a delivery. event, clean and unclear are the results of Read, and received is when the
// delivery came. A signed delivery is never refused: if it is not understood, the row is a dead letter for a person.
// The caller adds the delivery's key, its sealed body and its trace.
func (in Intake) Entry(event Event, clean json.RawMessage, unclear error, received time.Time) inbox.Entry {
	e := inbox.Entry{Source: item.FromWebhook, Environment: in.Environment, Code: "unknown", Body: clean}
	if unclear != nil {
		e.Dead = deadUnclear
		return e
	}
	e.Code, e.ItemID = event.Type+"/"+event.Code, item.ID(event.ItemID)
	e.Until = ExpiryOf(event, received)
	e.Forward = in.Forwards != nil && in.Forwards(event.Type)
	switch {
	case event.Environment != "" && event.Environment != in.Environment:
		e.Dead, e.Forward = deadElsewhere, false
	case !event.ConcernsHealth():
		e.Ignored = ignoredNoHealth
	case event.ItemID == "":
		e.Dead = deadNameless
	}
	return e
}

// Reread returns a function that makes the inbox row of a stored delivery anew, with the rules of this version. unseal
// opens a body that was sealed for a delivery's key.
func (in Intake) Reread(unseal func(deliveryKey, sealed []byte) ([]byte, error)) func(deliveryKey, sealed []byte) (inbox.Entry, error) {
	return func(deliveryKey, sealed []byte) (inbox.Entry, error) {
		body, err := unseal(deliveryKey, sealed)
		if err != nil {
			return inbox.Entry{}, fmt.Errorf("its body cannot be opened: %w", err)
		}
		event, clean, unclear := Read(body)
		return in.Entry(event, clean, unclear, time.Now()), nil
	}
}

// ExpiryOf returns the end of a connection that a webhook announces, in UTC. If the announcement names no time, the end
// is NoticePeriod after received. For every other webhook ExpiryOf returns the zero time.
func ExpiryOf(event Event, received time.Time) time.Time {
	var named *time.Time
	switch event.Type + "/" + event.Code {
	case item.PendingDisconnect:
		named = event.DisconnectTime
	case item.PendingExpiration:
		named = event.ConsentExpirationTime
	default:
		return time.Time{}
	}
	if named == nil {
		return received.Add(NoticePeriod).UTC()
	}
	return *named
}
