package neighbour

import (
	"context"
	"fmt"
	"time"

	"relink/internal/item"
)

// Neighbour is a system that gets events about Items. Each neighbour has a folder, a line in the registry, a row of the
// outbox for each event that it wants, and a task queue with retries of its own, so that one that is down delays no
// other.
type Neighbour interface {
	// Name is the neighbour's destination in the outbox and in workflow histories, and part of its task queue's name. It
	// is lower-case letters and digits, and never changes.
	Name() string

	// Limits returns the most traffic that the neighbour takes.
	Limits() Limits

	// Wants returns the message that the neighbour wants about an event; ok is false when it wants none. It is called
	// inside the transaction that records the event, so it has no effects and always returns the same for the same event.
	Wants(e Event) (w Wanted, ok bool)

	// Send sends a message. It returns nil once the neighbour has it, or if there is nothing left to send. It is called
	// again after an error, after a crash and at any later time, with the message as it is read then. The request must
	// have a key, so that the neighbour accepts it only once. Errors made by Throttled, OurFault and Final say what to do.
	// After any other error the message is tried again, more and more slowly, for three days. An error's text is stored:
	// it must hold no secret and no person.
	Send(ctx context.Context, m Message) error
}

// Limits bound the traffic to a neighbour. Without them it would get all waiting messages at once after an outage.
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

// Wanted is the message that a neighbour wants about an event.
type Wanted struct {
	// Event is the message's name, such as "item.connected". It is in workflow histories.
	Event string
	// Key identifies the message among the neighbour's own. Most neighbours use the event's. Several events with one key
	// make one message, that of the first of them.
	Key string
	// NotBefore is the earliest time at which the message is sent; the zero time means at once.
	NotBefore time.Time
}

// Neighbours are the configured neighbours.
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
