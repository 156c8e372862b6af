package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relink/internal/neighbour"
	"relink/internal/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world holds relays between an outbox in memory and a Temporal that the test controls. It runs in a synctest bubble:
// time passes only while everything waits.
type world struct {
	t    *testing.T
	logs *observer.ObservedLogs
	log  *zap.Logger

	mu       sync.Mutex
	rows     []*row
	notes    []string // every call, in order
	claims   []time.Time
	temporal func(ctx context.Context, m neighbour.Envelope) error
	postgres func(op string) error
}

// row is a row of the outbox, with the contracts of postgres.Store.
type row struct {
	neighbour.Envelope
	leased  time.Time
	started bool
}

func in(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		test(t, &world{t: t, logs: logs, log: zap.New(core)})
	})
}

// add adds n messages.
func (w *world) add(n int) (keys []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range n {
		key := fmt.Sprintf("platform/itm/%d/opened", len(w.rows)+1)
		w.rows = append(w.rows, &row{Envelope: neighbour.Envelope{Key: key, Destination: neighbour.Platform, Event: "item.login_required"}})
		keys = append(keys, key)
	}
	return keys
}

func (w *world) ClaimMessages(_ context.Context, destinations []string, limit int, lease time.Duration) ([]neighbour.Envelope, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claims = append(w.claims, time.Now())
	if err := w.fault("claim"); err != nil {
		return nil, err
	}
	var mine []neighbour.Envelope
	for _, r := range w.rows {
		if len(mine) < limit && slices.Contains(destinations, r.Destination) && !r.started && !r.leased.After(time.Now()) {
			r.leased = time.Now().Add(lease)
			mine = append(mine, r.Envelope)
		}
	}
	return mine, nil
}

func (w *world) MessagesStarted(ctx context.Context, keys []string) error {
	return w.settle(ctx, "mark", keys, func(r *row) { r.started = true })
}

func (w *world) ReleaseMessages(ctx context.Context, keys []string, again time.Duration) error {
	return w.settle(ctx, "release", keys, func(r *row) { r.leased = time.Now().Add(again) })
}

func (w *world) settle(ctx context.Context, op string, keys []string, do func(*row)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.fault(op); err != nil {
		return err
	}
	for _, r := range w.rows {
		if slices.Contains(keys, r.Key) && !r.started {
			w.notes = append(w.notes, op+" "+r.Key)
			do(r)
		}
	}
	return nil
}

func (w *world) fault(op string) error {
	if w.postgres == nil {
		return nil
	}
	return w.postgres(op)
}

// StartDelivery starts a workflow in the test's Temporal.
func (w *world) StartDelivery(ctx context.Context, m neighbour.Envelope) error {
	w.mu.Lock()
	take := w.temporal
	w.notes = append(w.notes, "start "+m.Key)
	w.mu.Unlock()
	if take != nil {
		if err := take(ctx, m); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, "taken "+m.Key)
	return nil
}

func (w *world) temporalDoes(take func(ctx context.Context, m neighbour.Envelope) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.temporal = take
}

func (w *world) postgresDoes(fault func(op string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.postgres = fault
}

// run runs a relay until stop or the end of the test. Run must then return nil.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	relay := outbox.New([]string{neighbour.Platform}, w, w, w.log, outbox.Options{})
	go func() { ended <- relay.Run(ctx) }()
	synctest.Wait()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run returned %v", err) // not require: this may be the clean-up
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// pass lets time pass and waits until everything that is due is done.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// of returns the calls about a message, in order.
func (w *world) of(key string) (ops []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.notes {
		var op, about string
		if _, err := fmt.Sscan(n, &op, &about); err == nil && about == key {
			ops = append(ops, op)
		}
	}
	return ops
}

func (w *world) started() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if r.started {
			n++
		}
	}
	return n
}
