package testkit

import (
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// Logger writes to the test's own log, which go test shows when the test fails. After the end of the test it is silent: a goroutine that
// is still winding down would otherwise bring down the whole test binary.
func Logger(tb testing.TB) *zap.Logger {
	tb.Helper()
	q := &quietAfter{TB: tb}
	tb.Cleanup(q.hush)
	return zaptest.NewLogger(q)
}

type quietAfter struct {
	testing.TB
	mu   sync.RWMutex
	over bool
}

func (q *quietAfter) hush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over = true
}

// Logf holds the lock while it writes, so that the test can't end in the middle of a line.
func (q *quietAfter) Logf(format string, args ...any) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if !q.over {
		q.TB.Logf(format, args...)
	}
}
