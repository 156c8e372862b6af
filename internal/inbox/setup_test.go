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

// world is a dispatcher between an inbox in memory and a Temporal that a test scripts. It lives in a synctest
// bubble: time passes only while everything waits.
type world struct {
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

// ended is what was recorded of a batch.
type ended struct {
	outcome string
	hints   int
	waited  time.Duration
}

type watchedKey struct{}

// Dispatching is the watch's side.
func (w *world) Dispatching(ctx context.Context, traces []string) (context.Context, func(string, int, time.Duration)) {
	w.watching.Lock()
	defer w.watching.Unlock()
	w.begun = append(w.begun, traces)
	return context.WithValue(ctx, watchedKey{}, true), func(outcome string, hints int, waited time.Duration) {
		w.watching.Lock()
		defer w.watching.Unlock()
		w.ended = append(w.ended, ended{outcome, hints, waited})
	}
}

// lines are what was logged of the batches that ended so.
func (w *world) lines(outcome string) []observer.LoggedEntry {
	return w.logs.FilterMessage("hints dispatched").FilterField(zap.String("outcome", outcome)).All()
}

// in runs the test in a bubble of its own.
func in(t *testing.T, opts inbox.Options, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		w := &world{t: t, queue: newQueue(), logs: logs}
		if opts.Watch == nil {
			opts.Watch = w
		}
		w.Dispatcher = inbox.New(w.queue, w, zap.New(core), opts)
		test(t, w)
	})
}

// Deliver is Temporal's side.
func (w *world) Deliver(ctx context.Context, b inbox.Batch) error {
	w.note(call{op: "deliver", rows: b.RowIDs})
	w.taking.Lock()
	w.batches = append(w.batches, b)
	take := w.temporal
	w.taking.Unlock()
	if take != nil {
		if err := take(ctx, b); err != nil {
			return err
		}
	}
	w.note(call{op: "taken", rows: b.RowIDs})
	return nil
}

// temporalDoes says what Temporal does with a batch from now on; nil takes everything.
func (w *world) temporalDoes(take func(ctx context.Context, b inbox.Batch) error) {
	w.taking.Lock()
	defer w.taking.Unlock()
	w.temporal = take
}

func always(err error) func(context.Context, inbox.Batch) error {
	return func(context.Context, inbox.Batch) error { return err }
}

// start runs the dispatcher until stop, or else the end of the test. Run must then answer nil.
func (w *world) start() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	synctest.Wait()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run answered %v", err) // not require: this may be the clean-up
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// arrive commits a webhook and nudges the dispatcher.
func (w *world) arrive(id item.ID) int64 {
	row := w.add(id, item.FromWebhook)
	w.Nudge()
	synctest.Wait()
	return row
}

// pass lets time pass, and everything that is due then be done.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// times returns when the calls of an operation began.
func (w *world) times(op string) []time.Duration {
	var at []time.Duration
	for _, c := range w.of(op) {
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
