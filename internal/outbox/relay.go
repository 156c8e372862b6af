package outbox

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"relink/internal/breaker"
	"relink/internal/neighbour"
)

// ErrUnavailable is returned by a starter when Temporal cannot be reached. It is not the fault of a message.
var ErrUnavailable = errors.New("temporal is unavailable")

// queue is the outbox. Its contracts are those of postgres.Store.
type queue interface {
	ClaimMessages(ctx context.Context, destinations []string, limit int, lease time.Duration) ([]neighbour.Envelope, error)
	MessagesStarted(ctx context.Context, keys []string) error
	ReleaseMessages(ctx context.Context, keys []string, again time.Duration) error
}

// starter starts the workflow that delivers a message. It returns nil once Temporal has that workflow, also if it had
// it before.
type starter interface {
	StartDelivery(ctx context.Context, m neighbour.Envelope) error
}

// Options of a Relay. The zero value takes the defaults, which are for production.
type Options struct {
	Poll  time.Duration // the pause between two rounds; default 1 s
	Lease time.Duration // the length of a claim; default 30 s
}

const (
	claimLimit = 64              // messages per claim
	starters   = 16              // starts at once
	refusedFor = time.Minute     // the pause before a message whose own start was refused is tried again
	settleTime = 5 * time.Second // how long marks and releases may outlive the context; after that the lease ends anyway
)

// Relay starts the deliveries of messages. Any number of relays may run on one outbox.
type Relay struct {
	destinations []string
	queue        queue
	start        starter
	log          *zap.Logger
	opts         Options
}

// New returns a relay for messages to these destinations; messages to others stay in the outbox.
func New(destinations []string, q queue, s starter, log *zap.Logger, opts Options) *Relay {
	opts.Poll = cmp.Or(opts.Poll, time.Second)
	opts.Lease = cmp.Or(opts.Lease, 30*time.Second)
	return &Relay{destinations: destinations, queue: q, start: s, log: log, opts: opts}
}

// Run relays until ctx ends. Messages that it has claimed and not started by then can be claimed again at once.
func (r *Relay) Run(ctx context.Context) error {
	var rounds breaker.Breaker
	for ctx.Err() == nil {
		more, err := r.round(ctx)
		pause := rounds.After(err, r.opts.Poll)
		if err == nil && more {
			continue
		}
		if err != nil && ctx.Err() == nil {
			r.log.Warn("outbox round failed", zap.Error(err), zap.Duration("again_in", pause))
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// round claims messages and starts their workflows once. more reports whether more messages may be waiting. The error
// is for an outage of Temporal or Postgres; a single refused message is logged and tried again later.
func (r *Relay) round(ctx context.Context) (more bool, err error) {
	messages, err := r.queue.ClaimMessages(ctx, r.destinations, claimLimit, r.opts.Lease)
	if err != nil || len(messages) == 0 {
		return false, err
	}
	errs := r.startAll(ctx, messages)
	var started, back, refused []string
	for i, m := range messages {
		switch {
		case errs[i] == nil:
			started = append(started, m.Key)
		case errors.Is(errs[i], ErrUnavailable), ctx.Err() != nil:
			back = append(back, m.Key)
			err = errs[i] // one error is enough
		default:
			refused = append(refused, m.Key)
			r.log.Error("delivery could not be started", zap.String("key", m.Key), zap.String("event", m.Event), zap.Error(errs[i]))
		}
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	// Rows are marked only after the start. A crash in between starts no workflow twice, because its id is made from the
	// key.
	if len(started) > 0 {
		err = errors.Join(err, r.queue.MessagesStarted(settle, started))
	}
	if len(back) > 0 {
		err = errors.Join(err, r.queue.ReleaseMessages(settle, back, 0))
	}
	if len(refused) > 0 {
		err = errors.Join(err, r.queue.ReleaseMessages(settle, refused, refusedFor))
	}
	return len(messages) == claimLimit, err
}

func (r *Relay) startAll(ctx context.Context, messages []neighbour.Envelope) []error {
	var (
		wg    sync.WaitGroup
		slots = make(chan struct{}, starters)
		errs  = make([]error, len(messages))
	)
	for i, m := range messages {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = r.start.StartDelivery(ctx, m)
		})
	}
	wg.Wait()
	return errs
}
