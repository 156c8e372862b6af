package telemetry

import (
	"context"
	"slices"
	"sync"

	"go.uber.org/zap"
)

// Event collects the fields of one request. They are written as one line at its end.
type Event struct {
	mu     sync.Mutex
	fields []zap.Field
}

type eventKey struct{}

// EventIn returns the event of the request that ctx belongs to. Outside of a request it returns an event that is never
// written.
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

// Set adds fields to the line. A field replaces an earlier one with the same key.
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
