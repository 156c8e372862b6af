package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"relink/internal/inbox"
	"relink/internal/item"
)

// NoticePeriod is how far ahead Plaid announces the end of a connection (https://plaid.com/docs/api/items).
const NoticePeriod = 7 * 24 * time.Hour

// Why a delivery that Plaid signed becomes a dead letter, or does not concern the workflows.
const (
	deadUnclear     = "it is not understood"
	deadElsewhere   = "it speaks of another environment"
	deadNameless    = "it names no item"
	ignoredNoHealth = "it does not concern the health of an item"
	// IgnoredForeignLink is the reason of a LINK webhook whose link token was not minted here.
	IgnoredForeignLink = "it is about a link token that was not minted here"
)

// Intake turns what webhooks say into inbox rows of one deployment.
type Intake struct {
	Environment string // "sandbox" or "production"
	// Forwards reports whether the platform gets Plaid's webhooks of a type. If it is nil, the platform gets none.
	Forwards func(webhookType string) bool
}

// Entry returns the inbox row of what Read returned: event, clean and unclear, its error. received is when the
// delivery came. A signed delivery is never refused: if it is not understood, the row is a dead letter for a person.
// The caller adds the delivery's key, its sealed body and its trace.
func (in Intake) Entry(event Event, clean json.RawMessage, unclear error, received time.Time) inbox.Entry {
	a := inbox.Entry{Source: item.FromWebhook, Environment: in.Environment, Code: "unknown", Body: clean}
	if unclear != nil {
		a.Dead = deadUnclear
		return a
	}
	a.Code, a.ItemID = event.Type+"/"+event.Code, item.ID(event.ItemID)
	a.Until = ExpiryOf(event, received)
	a.Forward = in.Forwards != nil && in.Forwards(event.Type)
	switch {
	case event.Environment != "" && event.Environment != in.Environment:
		a.Dead, a.Forward = deadElsewhere, false
	case !event.ConcernsHealth():
		a.Ignored = ignoredNoHealth
	case event.ItemID == "":
		a.Dead = deadNameless
	}
	return a
}

// Reread returns a function that makes the inbox row of a stored delivery anew, with what this version understands.
// unseal opens a body that was sealed for a delivery's key.
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

// ExpiryOf returns when the connection ends that a webhook announces, in UTC. If an announcement names no time, that is
// NoticePeriod after received. For every other webhook it returns the zero time.
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
