package proc

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrParentGone is the cause of a context ended by [DieWithParent].
var ErrParentGone = errors.New("the go command that started us is gone")

const parentPoll = 250 * time.Millisecond

// DieWithParent gives a context that ends when the go command that started us does. Killed with SIGKILL or SIGTERM, go run tells its
// child nothing, and whoever killed it thinks that all is over. Under any other parent (a shell, a service manager) we may well
// outlive it, and ctx is returned as it is.
func DieWithParent(ctx context.Context) context.Context {
	parent := os.Getppid()
	if !IsGoTool(parent) {
		return ctx
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(parentPoll)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				cancel(nil)
				return
			case <-tick.C:
				// An orphan is handed to another process at once, so the parent's id can't be reused under us.
				if os.Getppid() != parent {
					cancel(ErrParentGone)
					return
				}
			}
		}
	}()
	return ctx
}
