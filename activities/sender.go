package activities

import (
	"context"
	"fmt"

	"relink/internal/neighbour"
)

// Sender holds the activity that sends messages to one neighbour. It runs on that neighbour's own queue, so a slow
// neighbour delays no other.
type Sender struct {
	// To is the neighbour.
	To neighbour.Neighbour

	messages messages
}

// NewSender returns the activity for one neighbour.
func NewSender(to neighbour.Neighbour, m messages) *Sender { return &Sender{To: to, messages: m} }

// Delivery is the argument of SendMessage. It is the key alone, because a history must not hold the content of a
// message.
type Delivery struct {
	Key string `json:"key"`
}

// SendMessage reads a message from the outbox and sends it, unless it is delivered already. A crash between the
// neighbour's answer and our mark sends it again, under the same key. The worker registers it once for each neighbour,
// under the name that workflows.SendActivity returns.
func (s *Sender) SendMessage(ctx context.Context, in Delivery) error {
	message, err := s.messages.Message(ctx, in.Key)
	if err != nil {
		return decide(ctx, err)
	}
	if message.Delivered {
		return nil
	}
	if err := s.To.Send(ctx, message); err != nil {
		return decide(ctx, fmt.Errorf("send %s: %w", message.Event, err))
	}
	if err := s.messages.MessageDelivered(ctx, in.Key); err != nil {
		return decide(ctx, err)
	}
	return nil
}
