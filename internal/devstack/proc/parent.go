package proc

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrParentGone is the cause of a context that [DieWithParent] ended.
var ErrParentGone = errors.New("the go command that started us is gone")

const parentPoll = 250 * time.Millisecond

// ID identifies one process. A process id alone does not: the system gives it to another process sooner or later.
type ID struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // when it started, in the system's own form
}

// Identify returns the identity of a living process.
func Identify(pid int) (ID, error) {
	start, err := startOf(pid)
	return ID{PID: pid, Start: start}, err
}

// Alive reports whether the process still runs. A zombie, which only waits for its parent, does not.
func (id ID) Alive() bool {
	start, err := startOf(id.PID)
	return err == nil && start == id.Start
}

// IsGoTool reports whether the process is the go command. That is the parent of a program under go run and of a test
// binary under go test.
func IsGoTool(pid int) bool { return Name(pid) == "go" }

// DieWithParent returns a context that ends when the go command that started us does. A go run that is killed by
// SIGKILL or SIGTERM does not pass the signal on. Under any other parent (a shell, a service manager) we may well
// outlive it, and DieWithParent returns ctx itself.
func DieWithParent(ctx context.Context) context.Context {
	parent := os.Getppid()
	if !IsGoTool(parent) {
		return ctx
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		// The system gives an orphan another parent at once, so a reused id cannot deceive us.
		for ctx.Err() == nil && os.Getppid() == parent {
			select {
			case <-ctx.Done():
			case <-time.After(parentPoll):
			}
		}
		cancel(ErrParentGone)
	}()
	return ctx
}
