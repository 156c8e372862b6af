package localplaid

import (
	"net/url"
	"sync/atomic"
	"time"
)

// clock is the local Plaid's time: the real one, and what /control/clock moved it on by. Times are as Plaid writes
// them: UTC, to the millisecond.
//
// Signatures go by the real time, and so do their keys: a receiver compares a token's iat with its own clock and
// refuses one from the future. All else goes by now: retries, expiries, and every time in an answer.
type clock struct {
	source func() time.Time
	ahead  atomic.Int64 // how far now is ahead of real, a time.Duration
}

// farthestAhead keeps the clock within the years that JSON can write, and far from a Duration's end.
const farthestAhead = 10 * 365 * 24 * time.Hour

func (c *clock) real() time.Time { return c.source().UTC().Truncate(time.Millisecond) }

func (c *clock) now() time.Time { return c.source().Add(c.lead()).UTC().Truncate(time.Millisecond) }

func (c *clock) lead() time.Duration { return time.Duration(c.ahead.Load()) }

// controlClock shows the time, and how far it is ahead of the real one.
func (s *Server) controlClock(url.Values) any {
	return reply{"now": s.clock.now(), "ahead": s.clock.lead().String()}
}

type advanceRequest struct {
	Advance string `json:"advance"` // as time.ParseDuration reads it: "30s", "2m30s", "4h"
}

// controlAdvance moves the clock on and does not wait for what is due. Webhooks that are due by then leave now. One
// jump makes one attempt per webhook: the next is due its delay after that. The clock moves forward only: what has
// happened cannot be due again. The caller holds the registry's lock.
func (s *Server) controlAdvance(req advanceRequest) (any, error) {
	by, err := time.ParseDuration(req.Advance)
	switch {
	case err != nil:
		return nil, controlErrorf("advance is %q, want a duration like 2m30s", req.Advance)
	case by <= 0 || by > farthestAhead-s.clock.lead():
		return nil, controlErrorf("advance is %s, want more than 0 and at most %s in all", by, farthestAhead)
	}
	s.clock.ahead.Add(int64(by))
	s.deliveries.nudge()
	return s.controlClock(nil), nil
}
