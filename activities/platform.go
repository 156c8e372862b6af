package activities

import (
	"context"
	"fmt"

	"relink/internal/item"
)

// receiver is the platform; the same message must reach it under the same id.
type receiver interface {
	Tell(ctx context.Context, t item.Telling) error
}

// messages is the outbox. Its contracts are those of postgres.Store.
type messages interface {
	Message(ctx context.Context, key string) (item.Telling, error)
	MessageDelivered(ctx context.Context, key string) error
	MessageFailed(ctx context.Context, key, failure string) error
}

// Platform holds the activity that tells the platform; it runs on its own queue, so that a slow receiver holds nobody.
type Platform struct {
	receiver receiver
	messages messages
}

// NewPlatform makes the activity.
func NewPlatform(r receiver, m messages) *Platform { return &Platform{receiver: r, messages: m} }

// Tell is the argument of TellPlatform: the key alone, since what a message says may be nobody's business.
type Tell struct {
	Key string `json:"key"`
}

// TellPlatform hands a message to the platform, unless it has it. A crash between the platform's answer and our mark hands
// it over again, under the same id.
func (p *Platform) TellPlatform(ctx context.Context, in Tell) error {
	told, err := p.messages.Message(ctx, in.Key)
	if err != nil {
		return decide(ctx, err)
	}
	if told.Delivered {
		return nil
	}
	if err := p.receiver.Tell(ctx, told); err != nil {
		return decide(ctx, fmt.Errorf("tell %s: %w", told.Event, err))
	}
	if err := p.messages.MessageDelivered(ctx, in.Key); err != nil {
		return decide(ctx, err)
	}
	return nil
}

// Outbox holds the activity that keeps the outbox's books; it runs where the workflows do, with or without a platform.
type Outbox struct{ messages messages }

// NewOutbox makes the activity.
func NewOutbox(m messages) *Outbox { return &Outbox{messages: m} }

// Undelivered is the argument of GiveUp.
type Undelivered struct {
	Key string `json:"key"`
	Why string `json:"why"`
}

// GiveUp marks a message that was not delivered.
func (o *Outbox) GiveUp(ctx context.Context, in Undelivered) error {
	if err := o.messages.MessageFailed(ctx, in.Key, in.Why); err != nil {
		return decide(ctx, err)
	}
	return nil
}
