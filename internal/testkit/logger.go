package testkit

import (
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// Logger returns a logger that writes to the test's own log, which go test shows if the test fails. After the end of
// the test it writes nothing: otherwise a goroutine that still winds down would crash the whole test binary.
func Logger(tb testing.TB) *zap.Logger {
	tb.Helper()
	q := &quietAfter{TB: tb}
	tb.Cleanup(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.over = true
	})
	return zaptest.NewLogger(q)
}

type quietAfter struct {
	testing.TB
	mu   sync.RWMutex
	over bool
}

// Logf holds the lock while it writes, so the test cannot end in the middle of a line.
func (q *quietAfter) Logf(format string, args ...any) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if !q.over {
		q.TB.Logf(format, args...)
	}
}
