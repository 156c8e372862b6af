package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relink/internal/inbox"
	"relink/internal/item"
)

var (
	errDown = fmt.Errorf("signal item: %w", errors.Join(inbox.ErrUnavailable, errors.New("connection refused")))
	errGone = fmt.Errorf("signal item: %w", errors.Join(inbox.ErrClosed, errors.New("already completed")))
	errOdd  = errors.New("signal item: payload is too big")
)

// fixture is a dispatcher between an inbox in memory and a fake Temporal. It runs in a synctest bubble, where time
// passes only while everything waits.
type fixture struct {
	*queue
	*inbox.Dispatcher
	t    *testing.T
	logs *observer.ObservedLogs

	watching sync.Mutex
	begun    [][]string
	ended    []ended

	taking   sync.Mutex
	temporal func(ctx context.Context, b inbox.Batch) error
	batches  []inbox.Batch
}

// ended is what the recorder got for a batch.
type ended struct {
	outcome string
	hints   int
	waited  time.Duration
}

type watchedKey struct{}

// Dispatching records a batch as the recorder does.
func (f *fixture) Dispatching(ctx context.Context, traces []string) (context.Context, func(string, int, time.Duration)) {
	f.watching.Lock()
	defer f.watching.Unlock()
	f.begun = append(f.begun, traces)
	return context.WithValue(ctx, watchedKey{}, true), func(outcome string, hints int, waited time.Duration) {
		f.watching.Lock()
		defer f.watching.Unlock()
		f.ended = append(f.ended, ended{outcome, hints, waited})
	}
}

// lines returns the log lines of the batches with this outcome.
func (f *fixture) lines(outcome string) []observer.LoggedEntry {
	return f.logs.FilterMessage("hints dispatched").FilterField(zap.String("outcome", outcome)).All()
}

// in runs the test in a bubble of its own.
func in(t *testing.T, opts inbox.Options, test func(t *testing.T, f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		f := &fixture{t: t, queue: newQueue(), logs: logs}
		if opts.Recorder == nil {
			opts.Recorder = f
		}
		f.Dispatcher = inbox.New(f.queue, f, zap.New(core), opts)
		test(t, f)
	})
}

// Deliver takes a batch as Temporal does.
func (f *fixture) Deliver(ctx context.Context, b inbox.Batch) error {
	f.note(call{op: "deliver", rows: b.RowIDs})
	f.taking.Lock()
	f.batches = append(f.batches, b)
	take := f.temporal
	f.taking.Unlock()
	if take != nil {
		if err := take(ctx, b); err != nil {
			return err
		}
	}
	f.note(call{op: "taken", rows: b.RowIDs})
	return nil
}

// temporalDoes sets what Temporal does with a batch from now on. Nil takes every batch.
func (f *fixture) temporalDoes(take func(ctx context.Context, b inbox.Batch) error) {
	f.taking.Lock()
	defer f.taking.Unlock()
	f.temporal = take
}

func always(err error) func(context.Context, inbox.Batch) error {
	return func(context.Context, inbox.Batch) error { return err }
}

// start runs the dispatcher until stop, or until the end of the test. Run must then return nil.
func (f *fixture) start() (stop func()) {
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	synctest.Wait()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			f.t.Errorf("Run returned %v", err) // not require: this may be the clean-up
		}
	})
	f.t.Cleanup(stop)
	return stop
}

// arrive commits a webhook and nudges the dispatcher.
func (f *fixture) arrive(id item.ID) int64 {
	row := f.add(id, item.FromWebhook)
	f.Nudge()
	synctest.Wait()
	return row
}

// pass lets time pass, until everything that is due then is done.
func (f *fixture) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// times returns when the calls of an operation began.
func (f *fixture) times(op string) []time.Duration {
	var at []time.Duration
	for _, c := range f.of(op) {
		at = append(at, c.at)
	}
	return at
}

func gaps(at []time.Duration) []time.Duration {
	var between []time.Duration
	for i := 1; i < len(at); i++ {
		between = append(between, at[i]-at[i-1])
	}
	return between
}
