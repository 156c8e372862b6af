package inbox

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"relink/internal/breaker"
)

// The errors of a deliverer that decide what happens to a batch.
var (
	// ErrUnavailable means that Temporal cannot be reached. The breaker opens, and no attempt is counted.
	ErrUnavailable = errors.New("temporal is unavailable")
	// ErrClosed means that the Item's life is over. The batch is marked ignored.
	ErrClosed = errors.New("the item's workflow is closed")
)

// queue is the inbox as the dispatcher uses it. Its contract is that of postgres.Store.
type queue interface {
	Claim(ctx context.Context, limit int, lease, pace time.Duration) ([]Batch, error)
	Delivered(ctx context.Context, rowIDs []int64) error
	Ignored(ctx context.Context, rowIDs []int64, why string) error
	Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error
	MarkDead(ctx context.Context, rowIDs []int64, why string) error
	Sweep(ctx context.Context, patience, retention time.Duration) (int64, error)
}

// deliverer hands one batch to its Item's workflow. It returns nil only once Temporal has the batch.
type deliverer interface {
	Deliver(ctx context.Context, b Batch) error
}

// recorder records every batch. Dispatching takes the traceparents of the batch's rows. It returns the context to
// deliver in, and a function to call at the end: outcome is an Outcome constant, hints the number of rows in the batch,
// and waited the time since the oldest row was received.
type recorder interface {
	Dispatching(ctx context.Context, traces []string) (context.Context, func(outcome string, hints int, waited time.Duration))
}

// Outcomes of a batch. They are few enough for a metric's label.
const (
	OutcomeDelivered   = "delivered"
	OutcomeIgnored     = "ignored"     // the Item is removed
	OutcomeUnavailable = "unavailable" // Temporal is unavailable; the rows went back uncounted
	OutcomeFailed      = "failed"      // it is tried again
	OutcomeDead        = "dead"        // only a person can do something
	OutcomeUnsettled   = "unsettled"   // Postgres did not take the result: the lease ends, and it is delivered again
)

// Options of a Dispatcher. A zero duration means the default beside it.
type Options struct {
	Recorder recorder      // records every batch; may be nil
	Poll     time.Duration // how often to look without a nudge; 1 s
	Lease    time.Duration // how long a claim is ours; 30 s
	Pace     time.Duration // least time between two signals for webhooks of one Item; 4 s
	Patience time.Duration // how long a delivery waits for its Item's enrolment; 7 days
	Sweep    time.Duration // how often waiting rows are looked at; 1 min
	// Retention is how long the original bodies of webhooks are kept; 30 days. After that only the redacted ones are left.
	Retention time.Duration
}

const (
	claimLimit  = 64 // Items per claim
	deliverers  = 16 // signals under way at once
	maxAttempts = 12 // after that a batch is a dead letter: about an hour with the back-off below
	firstRetry  = time.Second
	lastRetry   = 30 * time.Minute
	releaseTime = 2 * time.Second // giving rows back may outlive the context by this: their lease ends anyway
	settleTime  = 5 * time.Second // a row that Postgres has locked delays its round by no more than this
	// minGap is the least time between two rounds that nudges begin. Without it a flood of entries for paced Items would
	// make us claim without pause. The first nudge after a quiet while counts at once.
	minGap = 50 * time.Millisecond
)

// Dispatcher moves hints from the inbox to the workflows. Any number of dispatchers may run against one inbox.
type Dispatcher struct {
	queue   queue
	deliver deliverer
	log     *zap.Logger
	opts    Options
	nudge   chan struct{}
}

// New returns a dispatcher. Run starts it.
func New(q queue, d deliverer, log *zap.Logger, opts Options) *Dispatcher {
	opts.Poll = cmp.Or(opts.Poll, time.Second)
	opts.Lease = cmp.Or(opts.Lease, 30*time.Second)
	opts.Pace = cmp.Or(opts.Pace, 4*time.Second)
	opts.Patience = cmp.Or(opts.Patience, 7*24*time.Hour)
	opts.Sweep = cmp.Or(opts.Sweep, time.Minute)
	opts.Retention = cmp.Or(opts.Retention, 30*24*time.Hour)
	if opts.Recorder == nil {
		opts.Recorder = noRecorder{}
	}
	return &Dispatcher{queue: q, deliver: d, log: log, opts: opts, nudge: make(chan struct{}, 1)}
}

// Nudge makes the dispatcher look into the inbox now, because a row was committed. It never blocks.
func (d *Dispatcher) Nudge() {
	select {
	case d.nudge <- struct{}{}:
	default:
	}
}

// Run dispatches until ctx ends. Rows that it has claimed by then are claimable again when their lease runs out.
func (d *Dispatcher) Run(ctx context.Context) error {
	sweep := time.NewTicker(d.opts.Sweep)
	defer sweep.Stop()
	d.sweep(ctx)
	var rounds breaker.Breaker
	var nudged time.Time // when a nudge last began a round
	for ctx.Err() == nil {
		limit := claimLimit
		if rounds.Open() {
			limit = 1 // the rows of one Item show whether Temporal is back, so the others need no lease
		}
		again, err := d.round(ctx, limit)
		if err != nil && ctx.Err() == nil {
			d.log.Warn("dispatch round failed", zap.Error(err))
		}
		pause := rounds.After(err, d.opts.Poll)
		if again && err == nil {
			select { // a backlog must not delay the sweep
			case <-sweep.C:
				d.sweep(ctx)
			default:
			}
			continue
		}
		nudge := d.nudge
		if err != nil {
			nudge = nil // new entries do not shorten an open breaker
		}
		select {
		case <-ctx.Done():
		case <-nudge:
			select {
			case <-ctx.Done():
			case <-time.After(minGap - time.Since(nudged)):
			}
			nudged = time.Now()
		case <-time.After(pause):
		case <-sweep.C:
			d.sweep(ctx)
		}
	}
	return nil
}

func (d *Dispatcher) sweep(ctx context.Context) {
	dead, err := d.queue.Sweep(ctx, d.opts.Patience, d.opts.Retention)
	switch {
	case err != nil && ctx.Err() == nil:
		d.log.Warn("inbox sweep failed", zap.Error(err))
	case dead > 0:
		d.log.Error("deliveries became dead letters: their items were never enrolled", zap.Int64("count", dead))
	}
}

// round claims up to limit Items and delivers each batch once. again reports that more may be waiting. It fails when
// Temporal or Postgres is away. A failed mark delays only its own Item: if Postgres is down, the next claim fails.
func (d *Dispatcher) round(ctx context.Context, limit int) (again bool, err error) {
	batches, err := d.queue.Claim(ctx, limit, d.opts.Lease, d.opts.Pace)
	if err != nil {
		return false, err
	}
	var (
		wg      sync.WaitGroup
		slots   = make(chan struct{}, deliverers)
		results = make([]result, len(batches))
	)
	for i, b := range batches {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = d.dispatch(ctx, b)
		})
	}
	wg.Wait()
	var away []error
	for _, r := range results {
		if r.outcome == OutcomeUnavailable {
			away = append(away, r.err)
		}
	}
	return len(batches) == limit, errors.Join(away...)
}
