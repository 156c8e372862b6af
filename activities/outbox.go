package activities

import (
	"context"

	"relink/internal/neighbour"
)

// messages is the outbox. Its contract is that of postgres.Store.
type messages interface {
	Message(ctx context.Context, key string) (neighbour.Message, error)
	MessageDelivered(ctx context.Context, key string) error
	MessageFailed(ctx context.Context, key, failure string) error
}

// Outbox holds the activity that records undelivered messages. It runs on the workflows' own queue, so it works while
// no neighbour is configured.
type Outbox struct{ messages messages }

// NewOutbox returns the activity.
func NewOutbox(m messages) *Outbox { return &Outbox{messages: m} }

// Undelivered is the argument of GiveUp.
type Undelivered struct {
	Key string `json:"key"`
	Why string `json:"why"`
}

// GiveUp marks a message as not delivered.
func (o *Outbox) GiveUp(ctx context.Context, in Undelivered) error {
	if err := o.messages.MessageFailed(ctx, in.Key, in.Why); err != nil {
		return decide(ctx, err)
	}
	return nil
}
