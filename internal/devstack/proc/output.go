package proc

import (
	"io"
	"strings"
	"sync"
)

const (
	tailBytes = 8 << 10
	tailLines = 15
)

// LastLines returns the last n lines of a text, or all of them if there are fewer.
func LastLines(text string, n int) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[max(0, len(lines)-n):]
}

// tail passes a child's output on and keeps the end of it for an error text.
type tail struct {
	mu   sync.Mutex
	last []byte
	out  io.Writer
}

// Write implements io.Writer. It returns no error: exec would close the child's output, and a log that cannot be
// written must not stop the child.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.last = append(t.last, b...)
	t.last = t.last[max(0, len(t.last)-tailBytes):]
	t.mu.Unlock()
	if t.out != nil {
		_, _ = t.out.Write(b)
	}
	return len(b), nil
}

// String returns the last lines written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(LastLines(string(t.last), tailLines), "\n")
}

// quote returns the last lines as the end of an error text.
func (t *tail) quote() string {
	if text := t.String(); text != "" {
		return ", it wrote last:\n\t" + strings.ReplaceAll(text, "\n", "\n\t")
	}
	return ", it wrote nothing"
}
