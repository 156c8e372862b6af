package telemetry

import (
	"context"
	"slices"
	"sync"

	"go.uber.org/zap"
)

// Event gathers all there is to say about one request, which is written as one line at its end.
type Event struct {
	mu     sync.Mutex
	fields []zap.Field
}

type eventKey struct{}

// EventIn answers the event of the request that ctx belongs to. Outside of one it answers an event that nobody writes.
func EventIn(ctx context.Context) *Event {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		return e
	}
	return &Event{}
}

func withEvent(ctx context.Context) (context.Context, *Event) {
	e := &Event{}
	return context.WithValue(ctx, eventKey{}, e), e
}

// Set adds fields to the line; a field with a key that is there already takes its place.
func (e *Event) Set(fields ...zap.Field) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range fields {
		if i := slices.IndexFunc(e.fields, func(old zap.Field) bool { return old.Key == f.Key }); i >= 0 {
			e.fields[i] = f
			continue
		}
		e.fields = append(e.fields, f)
	}
}

func (e *Event) all() []zap.Field {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.fields)
}
