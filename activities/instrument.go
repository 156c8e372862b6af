package activities

import (
	"context"
	"errors"
	"strings"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/neighbour"
	"relink/internal/vault"
)

// recorder counts what was done. No label names an Item. Mailing is called when the sending of a mail begins; it
// returns the context to send it in, and a function to call with the outcome.
type recorder interface {
	Asked(result string)
	Mailing(ctx context.Context, kind string) (context.Context, func(outcome string))
	Incident(step, cause string)
	Sent(destination, class, outcome string)
}

// InstrumentedPlaid is a client of Plaid whose answers are counted.
type InstrumentedPlaid struct {
	plaidClient
	recorder recorder
}

// InstrumentPlaid returns c with its answers counted.
func InstrumentPlaid(c plaidClient, r recorder) *InstrumentedPlaid {
	return &InstrumentedPlaid{plaidClient: c, recorder: r}
}

// Status returns the client's answer and counts it.
func (p *InstrumentedPlaid) Status(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
	status, err := p.plaidClient.Status(ctx, token, accounts)
	p.recorder.Asked(resultOf(status, err))
	return status, err
}

// resultOf returns the metric's label for an answer. There are few labels.
func resultOf(status item.PlaidStatus, err error) string {
	if err != nil {
		return failureOf(err)
	}
	state, _, decided := status.Classify()
	switch {
	case !decided && ourFault(status):
		return "our_fault"
	case !decided:
		return "undecided"
	case state == item.Removed:
		return "gone"
	case state.NeedsMerchant():
		return "broken"
	}
	return "healthy"
}

// ourFault reports an error of the Item that only a change of our own set-up ends. It is a reason for an alert, never
// for a mail.
func ourFault(status item.PlaidStatus) bool {
	class, known := item.ClassOf(status.ErrorCode, status.ErrorReason)
	return known && class.OurSetUp()
}

// failureOf returns the metric's label for an error.
func failureOf(err error) string {
	var r retryable
	if !errors.As(err, &r) {
		return "failed"
	}
	_, throttled := r.Throttled()
	switch {
	case throttled:
		return "throttled"
	case r.OurFault():
		return "our_fault"
	case r.Final():
		return "refused"
	}
	return "failed"
}

// InstrumentedMail is a sender whose mails are counted and traced.
type InstrumentedMail struct {
	sender   mailSender
	recorder recorder
}

// InstrumentMail returns s with its mails counted and traced.
func InstrumentMail(s mailSender, r recorder) *InstrumentedMail {
	return &InstrumentedMail{sender: s, recorder: r}
}

// Send hands the mail to the sender and records its outcome.
func (m *InstrumentedMail) Send(ctx context.Context, content mailing.Content) error {
	ctx, ended := m.recorder.Mailing(ctx, string(content.Kind))
	err := m.sender.Send(ctx, content)
	var final undeliverable
	switch {
	case err == nil:
		ended("taken")
	case errors.As(err, &final) && final.Undeliverable():
		ended("undeliverable")
	default:
		ended("failed")
	}
	return err
}

// InstrumentedStore is a store whose recorded transitions are counted.
type InstrumentedStore struct {
	itemStore
	recorder recorder
}

// InstrumentStore returns s with its recorded transitions counted.
func InstrumentStore(s itemStore, r recorder) *InstrumentedStore {
	return &InstrumentedStore{itemStore: s, recorder: r}
}

// Record records the transitions, and counts them once they are recorded.
func (s *InstrumentedStore) Record(ctx context.Context, id item.ID, transitions []item.Transition) error {
	if err := s.itemStore.Record(ctx, id, transitions); err != nil {
		return err
	}
	for _, t := range transitions {
		s.recorder.Incident(string(t.Step), string(t.Cause))
	}
	return nil
}

// InstrumentedNeighbour is a neighbour whose messages are counted.
type InstrumentedNeighbour struct {
	neighbour.Neighbour
	recorder recorder
}

// InstrumentNeighbour returns n with its messages counted.
func InstrumentNeighbour(n neighbour.Neighbour, r recorder) *InstrumentedNeighbour {
	return &InstrumentedNeighbour{Neighbour: n, recorder: r}
}

// Send sends the message and counts its outcome.
func (n *InstrumentedNeighbour) Send(ctx context.Context, m neighbour.Message) error {
	err := n.Neighbour.Send(ctx, m)
	class, _, _ := strings.Cut(m.Event, ".")
	outcome := "delivered"
	if err != nil {
		outcome = failureOf(err)
	}
	n.recorder.Sent(n.Name(), class, outcome)
	return err
}
