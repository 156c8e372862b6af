package breaker

import "time"

// The pause after the first failed round, doubled by each further one, and the longest pause.
const (
	First   = time.Second / 4
	Longest = 15 * time.Second
)

// Breaker lengthens the pause between rounds of work while they fail. The zero value is closed. It is for one
// goroutine.
type Breaker struct{ pause time.Duration }

// Open reports whether the last round failed.
func (b *Breaker) Open() bool { return b.pause > 0 }

// After returns the pause after a round that ended with err: idle when the round succeeded, else First, doubled for
// each failure in a row, up to Longest. A success closes the breaker.
func (b *Breaker) After(err error, idle time.Duration) time.Duration {
	if err == nil {
		b.pause = 0
		return idle
	}
	b.pause = min(max(2*b.pause, First), Longest)
	return b.pause
}
