package inbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"relink/internal/inbox"
	"relink/internal/item"
)

// row is one row of the inbox in memory.
type row struct {
	id          int64
	item        item.ID
	source      item.Source
	trace       string
	state       string // pending, waiting, delivered, ignored, dead
	attempts    int
	leaseUntil  time.Time // zero: nobody has it
	againAt     time.Time // zero: at once
	receivedAt  time.Time
	deliveredAt time.Time
	lastError   string
}

func (r *row) leased(now time.Time) bool { return r.state == "pending" && r.leaseUntil.After(now) }

func (r *row) claimable(now time.Time) bool {
	return r.state == "pending" && !r.leased(now) && !r.againAt.After(now)
}

// call is one call that the dispatcher made, of the queue or of the deliverer.
type call struct {
	op      string
	rows    []int64
	at      time.Duration // since the test began
	again   time.Duration // Release
	counted bool          // Release
	why     string        // Release, Ignored, MarkDead
}

type claimed struct {
	at          time.Duration
	limit       int
	lease, pace time.Duration
}

type swept struct{ at, patience, retention time.Duration }

// queue is an inbox in memory. It keeps the contract of postgres.Store as far as a dispatcher can notice.
type queue struct {
	mu      sync.Mutex
	began   time.Time
	rows    []*row
	unknown map[item.ID]bool // Items that are not enrolled
	calls   []call
	claims  []claimed
	sweeps  []swept
	// fail returns the error of an operation that Postgres does not carry out. It may be nil.
	fail func(ctx context.Context, op string) error
	// refuse returns the same for certain rows.
	refuse func(rows []int64) error
}

func newQueue() *queue { return &queue{began: time.Now(), unknown: map[item.ID]bool{}} }

// add commits a row and returns its id.
func (q *queue) add(id item.ID, source item.Source) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := &row{id: int64(len(q.rows)) + 1, item: id, source: source, state: "pending", receivedAt: time.Now()}
	q.rows = append(q.rows, r)
	return r.id
}

// row returns a copy of a row as it is now.
func (q *queue) row(id int64) row {
	q.mu.Lock()
	defer q.mu.Unlock()
	return *q.rows[id-1]
}

// states returns how many rows are in each state.
func (q *queue) states() map[string]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := map[string]int{}
	for _, r := range q.rows {
		n[r.state]++
	}
	return n
}

// of returns the calls of an operation so far; the calls of all operations for "".
func (q *queue) of(ops ...string) []call {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(q.calls), func(c call) bool { return len(ops) > 0 && !slices.Contains(ops, c.op) })
}

// asked returns the claims so far.
func (q *queue) asked() []claimed {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.claims)
}

func (q *queue) fails(fail func(ctx context.Context, op string) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fail = fail
}

// refuses makes Postgres refuse every mark of the row.
func (q *queue) refuses(id int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refuse = func(rows []int64) error {
		if slices.Contains(rows, id) {
			return errors.New("postgres: this row cannot be changed")
		}
		return nil
	}
}

func (q *queue) note(c call) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.at = time.Since(q.began)
	q.calls = append(q.calls, c)
}

// enter begins every operation. It returns the error with which a real one could fail: that of its context, or one of
// Postgres.
func (q *queue) enter(ctx context.Context, op string) error {
	q.mu.Lock()
	fail := q.fail
	q.mu.Unlock()
	if fail != nil {
		if err := fail(ctx, op); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (q *queue) Claim(ctx context.Context, limit int, lease, pace time.Duration) ([]inbox.Batch, error) {
	q.mu.Lock()
	q.claims = append(q.claims, claimed{time.Since(q.began), limit, lease, pace})
	q.mu.Unlock()
	if err := q.enter(ctx, "claim"); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	var batches []inbox.Batch
	for _, id := range q.due(now, limit, pace) {
		b := inbox.Batch{ItemID: id}
		for _, r := range q.rows {
			if r.item != id || !r.claimable(now) {
				continue
			}
			r.leaseUntil = now.Add(lease)
			r.attempts++
			b.RowIDs = append(b.RowIDs, r.id)
			b.Attempts = max(b.Attempts, r.attempts)
			b.Waited = max(b.Waited, now.Sub(r.receivedAt))
			if r.trace != "" && !slices.Contains(b.Traces, r.trace) {
				b.Traces = append(b.Traces, r.trace)
			}
			b.Hints = append(b.Hints, item.Hint{Source: r.source, Code: "ITEM/ERROR", InboxIDs: []int64{r.id}})
		}
		batches = append(batches, b)
	}
	return batches, nil
}

// due returns the Items to claim, the Item with the oldest row first.
func (q *queue) due(now time.Time, limit int, pace time.Duration) []item.ID {
	paced := map[item.ID]bool{}
	for _, r := range q.rows {
		if r.source == item.FromWebhook && (r.leased(now) || now.Sub(r.deliveredAt) < pace) {
			paced[r.item] = true
		}
	}
	var due []item.ID
	for _, r := range q.rows {
		if r.claimable(now) && !q.unknown[r.item] && (r.source != item.FromWebhook || !paced[r.item]) &&
			!slices.Contains(due, r.item) && len(due) < limit {
			due = append(due, r.item)
		}
	}
	return due
}

func (q *queue) Delivered(ctx context.Context, rowIDs []int64) error {
	q.note(call{op: "delivered", rows: rowIDs})
	return q.settle(ctx, "delivered", rowIDs, func(r *row) {
		r.state, r.deliveredAt, r.leaseUntil = "delivered", time.Now(), time.Time{}
	})
}

func (q *queue) Ignored(ctx context.Context, rowIDs []int64, why string) error {
	q.note(call{op: "ignored", rows: rowIDs, why: why})
	return q.settle(ctx, "ignored", rowIDs, func(r *row) {
		if r.state == "pending" {
			r.state, r.lastError, r.leaseUntil = "ignored", why, time.Time{}
		}
	})
}

func (q *queue) Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error {
	q.note(call{op: "release", rows: rowIDs, again: again, why: cause, counted: counted})
	return q.settle(ctx, "release", rowIDs, func(r *row) {
		if r.state != "pending" {
			return
		}
		r.leaseUntil, r.againAt, r.lastError = time.Time{}, time.Now().Add(again), cause
		if !counted {
			r.attempts--
		}
	})
}

func (q *queue) MarkDead(ctx context.Context, rowIDs []int64, why string) error {
	q.note(call{op: "bury", rows: rowIDs, why: why})
	return q.settle(ctx, "bury", rowIDs, func(r *row) {
		if r.state == "pending" {
			r.state, r.lastError, r.leaseUntil = "dead", why, time.Time{}
		}
	})
}

func (q *queue) settle(ctx context.Context, op string, rowIDs []int64, change func(*row)) error {
	if err := q.enter(ctx, op); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuse != nil {
		if err := q.refuse(rowIDs); err != nil {
			return err
		}
	}
	for _, id := range rowIDs {
		change(q.rows[id-1])
	}
	return nil
}

func (q *queue) Sweep(ctx context.Context, patience, retention time.Duration) (buried int64, err error) {
	q.mu.Lock()
	q.sweeps = append(q.sweeps, swept{time.Since(q.began), patience, retention})
	q.mu.Unlock()
	if err := q.enter(ctx, "sweep"); err != nil {
		return 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		switch {
		case r.state == "pending" && !r.leased(time.Now()) && q.unknown[r.item]:
			r.state = "waiting"
		case r.state == "waiting" && !q.unknown[r.item]:
			r.state = "pending"
		}
		if r.state == "waiting" && time.Since(r.receivedAt) > patience {
			r.state, r.lastError = "dead", "its item was never enrolled"
			buried++
		}
	}
	return buried, nil
}
