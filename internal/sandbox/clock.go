package sandbox

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// clock is the local Plaid's time: the real one, and what /control/clock moved it on by. Times are as Plaid writes them:
// UTC, to the millisecond.
//
// What is signed goes by the real time, and so do the keys: a receiver holds a token's iat against its own clock and
// refuses one from the future. All else goes by now: retries, expiries, and every time that an answer names.
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

func (c *clock) restore(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
}

// advance only moves forward: what has happened cannot be due again.
func (c *clock) advance(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by <= 0 || by > farthestAhead-c.ahead {
		return controlError(fmt.Sprintf("advance is %s, want more than 0 and at most %s in all", by, farthestAhead))
	}
	c.ahead += by
	return nil
}

type advanceRequest struct {
	Advance string `json:"advance"` // as time.ParseDuration reads it: "30s", "2m30s", "4h"
}

// clockView is the answer of /control/clock.
type clockView struct {
	Now   time.Time `json:"now"`
	Ahead string    `json:"ahead"` // of the real time
}

func (s *Server) controlClock(*http.Request) (any, error) {
	return clockView{Now: s.clock.now(), Ahead: s.clock.lead().String()}, nil
}

// controlAdvance moves the clock on and answers at once; webhooks that are due by then leave now. One jump makes one
// attempt per webhook: the next is due its delay after that.
func (s *Server) controlAdvance(r *http.Request) (any, error) {
	var req advanceRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	by, err := time.ParseDuration(req.Advance)
	if err != nil {
		return nil, controlError(fmt.Sprintf("advance is %q, want a duration like 2m30s", req.Advance))
	}
	if err := s.clock.advance(by); err != nil {
		return nil, err
	}
	s.deliveries.nudge()
	return s.controlClock(r)
}
