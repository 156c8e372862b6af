package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/internal/item"
)

// What a deliverer answers decides what happens to a batch.
var (
	// ErrUnavailable: Temporal cannot be reached. The breaker opens, and no attempt is counted.
	ErrUnavailable = errors.New("temporal is unavailable")
	// ErrClosed: the Item's life is over; the batch is marked ignored.
	ErrClosed = errors.New("the item's workflow is closed")
)

// queue is what the dispatcher needs of the inbox. Its contracts are those of postgres.Store.
type queue interface {
	Claim(ctx context.Context, limit int, lease, pace time.Duration) ([]item.Batch, error)
	Delivered(ctx context.Context, rowIDs []int64) error
	Ignored(ctx context.Context, rowIDs []int64, why string) error
	Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error
	Bury(ctx context.Context, rowIDs []int64, why string) error
	Sweep(ctx context.Context, patience time.Duration) (int64, error)
}

// deliverer hands one batch to its Item's workflow. It returns only when Temporal has it, or with one of the errors above.
type deliverer interface {
	Deliver(ctx context.Context, b item.Batch) error
}

// watch is told of every batch. Dispatching is told the traceparents that the rows came with, and answers the context
// to deliver in and what to call at the end: outcome is an Outcome constant, hints how many rows the batch had, and
// waited the time since the oldest of them came.
type watch interface {
	Dispatching(ctx context.Context, traces []string) (context.Context, func(outcome string, hints int, waited time.Duration))
}

// Outcomes of a batch: few enough for a metric's label.
const (
	OutcomeDelivered   = "delivered"
	OutcomeIgnored     = "ignored"     // the Item is removed
	OutcomeUnavailable = "unavailable" // Temporal is; the rows went back uncounted
	OutcomeFailed      = "failed"      // it is tried again
	OutcomeDead        = "dead"        // only a person can do something
	OutcomeUnsettled   = "unsettled"   // Postgres did not take the result: the lease ends, and it is done again
)

// Options of a Dispatcher; the zero value is production's, but for Watch.
type Options struct {
	Watch    watch         // told of every batch; may be nil
	Poll     time.Duration // how often to look without being nudged; 1 s
	Lease    time.Duration // how long a claim is ours; 30 s
	Pace     time.Duration // least time between two signals for webhooks of one Item; 4 s
	Patience time.Duration // how long a delivery waits for its Item's enrolment; 7 days
	Sweep    time.Duration // how often waiting rows are looked at; 1 min
}

const (
	claimLimit  = 64 // Items per claim
	deliverers  = 16 // signals under way at once
	maxAttempts = 12 // then it is a dead letter: about an hour with the back-off below
	firstRetry  = time.Second
	lastRetry   = 30 * time.Minute
	breakerMax  = 15 * time.Second
	releaseTime = 2 * time.Second // giving rows back may outlive the context, but not for long: their lease ends anyway
)

// Dispatcher moves hints from the inbox to the workflows. Any number may run against one inbox.
type Dispatcher struct {
	queue   queue
	deliver deliverer
	log     *zap.Logger
	opts    Options
	nudge   chan struct{}
}

// New makes a dispatcher; Run starts it.
func New(q queue, d deliverer, log *zap.Logger, opts Options) *Dispatcher {
	opts.Poll = cmp.Or(opts.Poll, time.Second)
	opts.Lease = cmp.Or(opts.Lease, 30*time.Second)
	opts.Pace = cmp.Or(opts.Pace, 4*time.Second)
	opts.Patience = cmp.Or(opts.Patience, 7*24*time.Hour)
	opts.Sweep = cmp.Or(opts.Sweep, time.Minute)
	if opts.Watch == nil {
		opts.Watch = unwatched{}
	}
	return &Dispatcher{queue: q, deliver: d, log: log, opts: opts, nudge: make(chan struct{}, 1)}
}

// Nudge says that a row was committed. It never blocks.
func (d *Dispatcher) Nudge() {
	select {
	case d.nudge <- struct{}{}:
	default:
	}
}

// Run dispatches until ctx ends. What it had claimed by then is claimable again when its lease runs out.
func (d *Dispatcher) Run(ctx context.Context) error {
	sweep := time.NewTicker(d.opts.Sweep)
	defer sweep.Stop()
	d.sweep(ctx)
	breaker := breaker{max: breakerMax}
	for ctx.Err() == nil {
		again, err := d.round(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Warn("dispatch round failed", zap.Error(err))
		}
		pause := breaker.after(err, d.opts.Poll)
		if again && err == nil {
			select { // a backlog does not keep waiting rows waiting
			case <-sweep.C:
				d.sweep(ctx)
			default:
			}
			continue
		}
		nudge := d.nudge
		if err != nil {
			nudge = nil // an open breaker is not shortened by arrivals
		}
		select {
		case <-ctx.Done():
		case <-nudge:
		case <-time.After(pause):
		case <-sweep.C:
			d.sweep(ctx)
		}
	}
	return nil
}

// breaker lengthens the pause between rounds while they fail.
type breaker struct{ pause, max time.Duration }

func (b *breaker) after(err error, idle time.Duration) time.Duration {
	if err == nil {
		b.pause = 0
		return idle
	}
	b.pause = min(max(2*b.pause, 250*time.Millisecond), b.max)
	return b.pause
}

func (d *Dispatcher) sweep(ctx context.Context) {
	buried, err := d.queue.Sweep(ctx, d.opts.Patience)
	switch {
	case err != nil && ctx.Err() == nil:
		d.log.Warn("inbox sweep failed", zap.Error(err))
	case buried > 0:
		d.log.Error("deliveries became dead letters: their items were never enrolled", zap.Int64("count", buried))
	}
}

// round claims and delivers once; again says that more may be waiting.
func (d *Dispatcher) round(ctx context.Context) (again bool, err error) {
	batches, err := d.queue.Claim(ctx, claimLimit, d.opts.Lease, d.opts.Pace)
	if err != nil {
		return false, err
	}
	var (
		wg    sync.WaitGroup
		slots = make(chan struct{}, deliverers)
		errs  = make([]error, len(batches))
	)
	for i, b := range batches {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = d.one(ctx, b)
		})
	}
	wg.Wait()
	return len(batches) == claimLimit, errors.Join(errs...)
}

// one delivers a batch, settles its rows and says in one line what became of it. It returns an error only when the
// fault is not the Item's own.
func (d *Dispatcher) one(ctx context.Context, b item.Batch) error {
	began := time.Now()
	ctx, ended := d.opts.Watch.Dispatching(ctx, b.Traces)
	r := d.settle(ctx, b, d.deliver.Deliver(ctx, b))
	took := time.Since(began)
	ended(r.outcome, len(b.RowIDs), b.Waited+took)
	fields := []zap.Field{
		zap.String("item_id", string(b.ItemID)), zap.Int64s("inbox_ids", b.RowIDs), zap.Strings("codes", codes(b)),
		zap.Int("attempts", b.Attempts), zap.Duration("waited", b.Waited), zap.Duration("took", took), zap.String("outcome", r.outcome),
	}
	if len(b.Traces) > 0 {
		fields = append(fields, zap.Strings("traces", b.Traces))
	}
	if r.again > 0 {
		fields = append(fields, zap.Duration("again_in", r.again))
	}
	if r.cause != nil {
		fields = append(fields, zap.Error(r.cause))
	}
	d.log.Log(r.level, "hints dispatched", fields...)
	return r.err
}

// result is what became of a batch.
type result struct {
	outcome string
	level   zapcore.Level
	again   time.Duration // until it is tried again
	cause   error         // why it was not delivered or not settled
	err     error         // what the round is told: only what is not the Item's own fault
}

// settle marks the rows of a batch as the deliverer's answer wants.
func (d *Dispatcher) settle(ctx context.Context, b item.Batch, err error) result {
	var r result
	switch {
	case err == nil:
		// Only now: a crash between the two delivers again, a crash before them loses nothing.
		r = result{outcome: OutcomeDelivered, err: d.queue.Delivered(ctx, b.RowIDs)}
	case errors.Is(err, ErrClosed):
		r = result{outcome: OutcomeIgnored, err: d.queue.Ignored(ctx, b.RowIDs, "the item is removed")}
	case errors.Is(err, ErrUnavailable), ctx.Err() != nil:
		// The rows go back at once, uncounted; the breaker keeps this dispatcher from them.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		released := d.queue.Release(release, b.RowIDs, 0, "temporal is unavailable", false)
		r = result{outcome: OutcomeUnavailable, level: zapcore.WarnLevel, cause: err, err: errors.Join(err, released)}
		if ctx.Err() != nil {
			r.level = zapcore.InfoLevel // we end: nothing to warn of
		}
		return r
	case b.Attempts >= maxAttempts:
		r = result{outcome: OutcomeDead, level: zapcore.ErrorLevel, cause: err, err: d.queue.Bury(ctx, b.RowIDs, err.Error())}
	default:
		again := min(firstRetry<<b.Attempts, lastRetry)
		r = result{outcome: OutcomeFailed, level: zapcore.WarnLevel, again: again, cause: err}
		r.err = d.queue.Release(ctx, b.RowIDs, again, err.Error(), true)
	}
	if r.err != nil {
		r.err = fmt.Errorf("settle item %s: %w", b.ItemID, r.err)
		r = result{outcome: OutcomeUnsettled, level: zapcore.WarnLevel, cause: errors.Join(r.cause, r.err), err: r.err}
	}
	return r
}

// codes are those of a batch's hints, in order.
func codes(b item.Batch) []string {
	all := make([]string, len(b.Hints))
	for i, h := range b.Hints {
		all[i] = h.Code
	}
	return all
}

// unwatched is the watch of a Dispatcher that has none.
type unwatched struct{}

func (unwatched) Dispatching(ctx context.Context, _ []string) (context.Context, func(string, int, time.Duration)) {
	return ctx, func(string, int, time.Duration) {}
}
