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

// tail passes a child's output on and remembers the end of it for the error.
type tail struct {
	mu   sync.Mutex
	last []byte
	out  io.Writer
}

func newTail(out io.Writer) *tail { return &tail{out: out} }

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.last = append(t.last, b...)
	if over := len(t.last) - tailBytes; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	t.mu.Unlock()
	if t.out != nil {
		// A log that cannot be written must not stop the child: an error here would close its output.
		_, _ = t.out.Write(b)
	}
	return len(b), nil
}

// String is the last lines written.
func (t *tail) String() string {
	t.mu.Lock()
	text := strings.TrimSpace(string(t.last))
	t.mu.Unlock()
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

// quote is the last lines as the end of an error text.
func (t *tail) quote() string {
	text := t.String()
	if text == "" {
		return ", it wrote nothing"
	}
	return ", it wrote last:\n\t" + strings.ReplaceAll(text, "\n", "\n\t")
}
