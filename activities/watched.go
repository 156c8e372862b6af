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

// recorder is told what was done; no name in it says whose Item it was. Mailing is told of a mail at its beginning, and
// answers the context to send it in and what to call with its outcome.
type recorder interface {
	Asked(result string)
	Mailing(ctx context.Context, kind string) (context.Context, func(outcome string))
	Incident(step, cause string)
	Sent(destination, class, outcome string)
}

// InstrumentedPlaid is a bank whose answers are counted.
type InstrumentedPlaid struct {
	plaidClient
	watch recorder
}

// InstrumentPlaid has a bank watched.
func InstrumentPlaid(b plaidClient, w recorder) *InstrumentedPlaid {
	return &InstrumentedPlaid{plaidClient: b, watch: w}
}

// Truth asks the bank.
func (b *InstrumentedPlaid) Truth(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
	truth, err := b.plaidClient.Truth(ctx, token, accounts)
	b.watch.Asked(answered(truth, err))
	return truth, err
}

// answered puts an answer into one of few words.
func answered(truth item.PlaidStatus, err error) string {
	if err != nil {
		return refused(err)
	}
	state, _, decided := truth.Classify()
	switch {
	case !decided && ourFault(truth):
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

// ourFault reports an error of the Item's that only our own set-up can end: an alert, and never a mail.
func ourFault(truth item.PlaidStatus) bool {
	m, known := item.ClassOf(truth.ErrorCode, truth.ErrorReason)
	return known && m.OurSetUp()
}

func refused(err error) string {
	var f retryable
	if !errors.As(err, &f) {
		return "failed"
	}
	_, throttled := f.Throttled()
	switch {
	case throttled:
		return "throttled"
	case f.OurFault():
		return "our_fault"
	case f.Final():
		return "refused"
	}
	return "failed"
}

// InstrumentedMail is a postman whose mails are counted and traced.
type InstrumentedMail struct {
	post  mailSender
	watch recorder
}

// InstrumentMail has a postman watched.
func InstrumentMail(p mailSender, w recorder) *InstrumentedMail {
	return &InstrumentedMail{post: p, watch: w}
}

// Send hands over the notice.
func (p *InstrumentedMail) Send(ctx context.Context, n mailing.Content) error {
	ctx, ended := p.watch.Mailing(ctx, string(n.Kind))
	err := p.post.Send(ctx, n)
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

// InstrumentedStore is a memory whose recorded transitions are counted.
type InstrumentedStore struct {
	itemStore
	watch recorder
}

// InstrumentStore has a memory watched.
func InstrumentStore(m itemStore, w recorder) *InstrumentedStore {
	return &InstrumentedStore{itemStore: m, watch: w}
}

// Record records the transitions.
func (m *InstrumentedStore) Record(ctx context.Context, id item.ID, transitions []item.Transition) error {
	if err := m.itemStore.Record(ctx, id, transitions); err != nil {
		return err
	}
	for _, t := range transitions {
		m.watch.Incident(string(t.Step), string(t.Cause))
	}
	return nil
}

// InstrumentedNeighbour is a neighbour whose messages are counted.
type InstrumentedNeighbour struct {
	neighbour.Neighbour
	watch recorder
}

// InstrumentNeighbour returns n with its messages counted.
func InstrumentNeighbour(n neighbour.Neighbour, w recorder) *InstrumentedNeighbour {
	return &InstrumentedNeighbour{Neighbour: n, watch: w}
}

// Send sends the message.
func (n *InstrumentedNeighbour) Send(ctx context.Context, m neighbour.Message) error {
	err := n.Neighbour.Send(ctx, m)
	class, _, _ := strings.Cut(m.Event, ".")
	outcome := "delivered"
	if err != nil {
		outcome = refused(err)
	}
	n.watch.Sent(n.Name(), class, outcome)
	return err
}
