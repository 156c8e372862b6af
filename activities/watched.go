package activities

import (
	"context"
	"errors"
	"strings"

	"relink/internal/item"
	"relink/internal/neighbour"
)

// watch is told what was done; no name in it says whose Item it was. Mailing is told of a mail at its beginning, and
// answers the context to send it in and what to call with its outcome.
type watch interface {
	Asked(result string)
	Mailing(ctx context.Context, kind string) (context.Context, func(outcome string))
	Incident(step, cause string)
	Sent(destination, class, outcome string)
}

// WatchedBank is a bank whose answers are counted.
type WatchedBank struct {
	bank
	watch watch
}

// WatchBank has a bank watched.
func WatchBank(b bank, w watch) *WatchedBank { return &WatchedBank{bank: b, watch: w} }

// Truth asks the bank.
func (b *WatchedBank) Truth(ctx context.Context, token item.Sealed, accounts bool) (item.Truth, error) {
	truth, err := b.bank.Truth(ctx, token, accounts)
	b.watch.Asked(answered(truth, err))
	return truth, err
}

// answered puts an answer into one of few words.
func answered(truth item.Truth, err error) string {
	if err != nil {
		return refused(err)
	}
	state, _, decided := truth.Verdict()
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
func ourFault(truth item.Truth) bool {
	m, known := item.MeaningOf(truth.ErrorCode, truth.ErrorReason)
	return known && m.OurSetUp()
}

func refused(err error) string {
	var f fault
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

// WatchedPost is a postman whose mails are counted and traced.
type WatchedPost struct {
	post  postman
	watch watch
}

// WatchPost has a postman watched.
func WatchPost(p postman, w watch) *WatchedPost { return &WatchedPost{post: p, watch: w} }

// Send hands over the notice.
func (p *WatchedPost) Send(ctx context.Context, n item.Notice) error {
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

// WatchedMemory is a memory whose recorded transitions are counted.
type WatchedMemory struct {
	memory
	watch watch
}

// WatchMemory has a memory watched.
func WatchMemory(m memory, w watch) *WatchedMemory { return &WatchedMemory{memory: m, watch: w} }

// Record records the transitions.
func (m *WatchedMemory) Record(ctx context.Context, id item.ID, transitions []item.Transition) error {
	if err := m.memory.Record(ctx, id, transitions); err != nil {
		return err
	}
	for _, t := range transitions {
		m.watch.Incident(string(t.Step), string(t.Cause))
	}
	return nil
}

// WatchedNeighbour is a neighbour whose messages are counted.
type WatchedNeighbour struct {
	neighbour.Neighbour
	watch watch
}

// WatchNeighbour returns n with its messages counted.
func WatchNeighbour(n neighbour.Neighbour, w watch) *WatchedNeighbour {
	return &WatchedNeighbour{Neighbour: n, watch: w}
}

// Send sends the message.
func (n *WatchedNeighbour) Send(ctx context.Context, m neighbour.Message) error {
	err := n.Neighbour.Send(ctx, m)
	class, _, _ := strings.Cut(m.Event, ".")
	outcome := "delivered"
	if err != nil {
		outcome = refused(err)
	}
	n.watch.Sent(n.Name(), class, outcome)
	return err
}
