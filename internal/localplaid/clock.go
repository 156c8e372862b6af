package localplaid

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// clock is the local Plaid's time: the real one, and what /control/clock moved it on by. Times are as Plaid writes
// them: UTC, to the millisecond.
//
// Signatures go by the real time, and so do their keys: a receiver compares a token's iat with its own clock and
// refuses one from the future. All else goes by now: retries, expiries, and every time in an answer.
type clock struct {
	source func() time.Time

	mu    sync.Mutex
	ahead time.Duration
}

// farthestAhead keeps the clock within the years that JSON can write, and far from a Duration's end.
const farthestAhead = 10 * 365 * 24 * time.Hour

func newClock(source func() time.Time) *clock {
	if source == nil {
		source = time.Now
	}
	return &clock{source: source}
}

func (c *clock) real() time.Time { return c.source().UTC().Truncate(time.Millisecond) }

func (c *clock) now() time.Time { return c.source().Add(c.lead()).UTC().Truncate(time.Millisecond) }

// lead is how far now is ahead of real.
func (c *clock) lead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// advance only moves forward: what has happened cannot be due again.
func (c *clock) advance(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by <= 0 || by > farthestAhead-c.ahead {
		return controlErrorf("advance is %s, want more than 0 and at most %s in all", by, farthestAhead)
	}
	c.ahead += by
	return nil
}

// controlClock shows the time, and how far it is ahead of the real one.
func (s *Server) controlClock(url.Values) any {
	return reply{"now": s.clock.now(), "ahead": s.clock.lead().String()}
}

type advanceRequest struct {
	Advance string `json:"advance"` // as time.ParseDuration reads it: "30s", "2m30s", "4h"
}

// controlAdvance moves the clock on and does not wait for what is due. Webhooks that are due by then leave now. One
// jump makes one attempt per webhook: the next is due its delay after that.
func (s *Server) controlAdvance(_ context.Context, req advanceRequest) (any, error) {
	by, err := time.ParseDuration(req.Advance)
	if err != nil {
		return nil, controlErrorf("advance is %q, want a duration like 2m30s", req.Advance)
	}
	if err := s.clock.advance(by); err != nil {
		return nil, err
	}
	s.deliveries.nudge()
	return s.controlClock(nil), nil
}
