package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

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

// Options of a Dispatcher; the zero value is production's.
type Options struct {
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

// one delivers a batch and settles its rows. It returns an error only when the fault is not the Item's own.
func (d *Dispatcher) one(ctx context.Context, b item.Batch) error {
	log := d.log.With(zap.String("item_id", string(b.ItemID)), zap.Int64s("inbox_ids", b.RowIDs))
	err := d.deliver.Deliver(ctx, b)
	switch {
	case err == nil:
		// Only now: a crash between the two delivers again, a crash before them loses nothing.
		if err := d.queue.Delivered(ctx, b.RowIDs); err != nil {
			return fmt.Errorf("settle item %s: %w", b.ItemID, err)
		}
		log.Info("hints delivered")
		return nil
	case errors.Is(err, ErrClosed):
		log.Info("hints ignored, the item is removed")
		return d.queue.Ignored(ctx, b.RowIDs, "the item is removed")
	case errors.Is(err, ErrUnavailable), ctx.Err() != nil:
		// The rows go back at once, uncounted; the breaker keeps this dispatcher from them.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		return errors.Join(err, d.queue.Release(release, b.RowIDs, 0, "temporal is unavailable", false))
	case b.Attempts >= maxAttempts:
		log.Error("hints became dead letters", zap.Error(err))
		return d.queue.Bury(ctx, b.RowIDs, err.Error())
	}
	again := min(firstRetry<<b.Attempts, lastRetry)
	log.Warn("hints not delivered", zap.Error(err), zap.Duration("again_in", again))
	return d.queue.Release(ctx, b.RowIDs, again, err.Error(), true)
}
