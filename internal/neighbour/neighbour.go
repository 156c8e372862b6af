package neighbour

import (
	"context"
	"fmt"
	"time"

	"relink/internal/item"
)

// Neighbour is a system beside relink that hears of Items. Each has a folder, a line in the registry, a row of the
// outbox for each event that it wants, a task queue of its own, and with it retries of its own: one that is down holds
// nobody else.
type Neighbour interface {
	// Name is the neighbour's destination in the outbox and in workflow histories, and part of its task queue's name. It
	// is lower-case letters and digits, and never changes.
	Name() string

	// Limits spare the neighbour.
	Limits() Limits

	// Wants returns what the neighbour wants to hear of an event; ok is false when it wants nothing. It is called inside
	// the transaction that records the event, so it only decides: the same event always gets the same answer.
	Wants(e Event) (w Wanted, ok bool)

	// Send hands over a message and returns nil once the neighbour has it, or once there is nothing left to hand over. It
	// is called again after an error, after a crash and at any later time, with the message as it is read then; what it
	// sends must carry a key, so that the neighbour takes it once. Errors made by Throttled, OurFault and Final say what
	// to do; any other is tried again, more and more slowly, for three days. An error's text is stored: it must hold no
	// secret and no person.
	Send(ctx context.Context, m Message) error
}

// Limits bound the traffic to a neighbour, which gets all that has gathered after an outage of ours or of its own.
type Limits struct {
	PerSecond float64 // messages, of all workers together
	AtOnce    int     // messages under way, of each worker
}

// Event is a step of an Item's life, as it is recorded.
type Event struct {
	ItemID item.ID
	item.Transition
}

// Key identifies the event among all events: "ITEM/INCIDENT/STEP". The same event recorded twice has the same key.
func (e Event) Key() string { return fmt.Sprintf("%s/%s", e.ItemID, e.Transition.Key()) }

// Wanted is what a neighbour wants to hear of an event.
type Wanted struct {
	// Event is the message's name, such as "item.connected". It stands in workflow histories.
	Event string
	// Key identifies the message among the neighbour's own. Most neighbours use the event's; several events with one key
	// are one message, that of the first of them.
	Key string
	// NotBefore is when the message is sent at the earliest; the zero time sends it at once.
	NotBefore time.Time
}

// Neighbours are those that are configured.
type Neighbours []Neighbour

// Names returns their names, in order.
func (all Neighbours) Names() []string {
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.Name()
	}
	return names
}

// Rows returns the rows of the outbox that an event causes: one for each neighbour that wants it.
func (all Neighbours) Rows(e Event) []Row {
	var rows []Row
	for _, n := range all {
		if w, ok := n.Wants(e); ok {
			rows = append(rows, Row{
				Envelope:  Envelope{Key: n.Name() + "/" + w.Key, Destination: n.Name(), Event: w.Event},
				NotBefore: w.NotBefore,
			})
		}
	}
	return rows
}
