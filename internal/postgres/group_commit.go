package postgres

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"relink/internal/inbox"
)

const (
	groupWrites = 2               // statements that run at once
	groupRows   = 256             // arrivals in one statement
	groupTime   = 8 * time.Second // for one statement and, when it is refused, its rows one by one; Plaid waits 10 s
)

// groupCommit lets arrivals share commits: the ones that come while groupWrites statements run go into the next
// statement together. It has no goroutine and no timer of its own. A sender that finds a statement free leads: it
// writes at once, and then passes its statement to the first sender in the queue.
type groupCommit struct {
	mu     sync.Mutex
	queued []*pendingArrival // empty unless all statements run
	writes int
}

// pendingArrival is an arrival whose sender waits.
type pendingArrival struct {
	inbox.Entry
	receipt inbox.Receipt
	err     error
	// turn gets one value: done, or leader.
	turn chan turn
}

type turn int

const (
	done   turn = iota // receipt and err say what became of the arrival
	leader             // the sender has to write its own arrival and the queued ones
)

var errBrokeOff = errors.New("the write broke off")

// receive commits the arrival with write, together with others that wait. If ctx ends while the arrival is being done,
// receive returns ctx's error, and the row may be stored nevertheless.
func (g *groupCommit) receive(ctx context.Context, a inbox.Entry, write func(context.Context, []*pendingArrival)) (inbox.Receipt, error) {
	me := &pendingArrival{Entry: a, err: errBrokeOff, turn: make(chan turn, 1)}
	if g.enter(me) != leader {
		select {
		case word := <-me.turn:
			if word == done {
				return me.receipt, me.err
			}
		case <-ctx.Done():
			if g.leave(me) {
				return inbox.Receipt{}, ctx.Err()
			}
			select {
			case word := <-me.turn:
				if word == done {
					return me.receipt, me.err
				}
				// The turn is leader: the queued arrivals depend on this sender now.
			default:
				return inbox.Receipt{}, ctx.Err()
			}
		}
	}
	g.write(ctx, me, write)
	return me.receipt, me.err
}

// enter returns leader when a statement is free. Otherwise it queues the arrival and returns done.
func (g *groupCommit) enter(me *pendingArrival) turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.writes < groupWrites {
		g.writes++
		return leader
	}
	g.queued = append(g.queued, me)
	return done
}

// leave takes the arrival out of the queue. It returns false when the arrival is being written, or its sender has to
// lead.
func (g *groupCommit) leave(me *pendingArrival) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queued, me)
	if i < 0 {
		return false
	}
	g.queued = slices.Delete(g.queued, i, i+1)
	return true
}

// write commits the leader's arrival and the queued ones, even if the leader's context ends meanwhile.
func (g *groupCommit) write(ctx context.Context, me *pendingArrival, write func(context.Context, []*pendingArrival)) {
	runtime.Gosched() // senders that can run now may still queue: after a commit, all that it released do
	g.mu.Lock()
	n := min(len(g.queued), groupRows-1)
	batch := append([]*pendingArrival{me}, g.queued[:n]...)
	followers := batch[1:]
	g.queued = slices.Delete(g.queued, 0, n)
	g.mu.Unlock()
	defer func() { // also when write panics
		g.pass()
		for _, f := range followers {
			f.turn <- done
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), groupTime)
	defer cancel()
	write(ctx, slices.Clone(batch))
}

// pass makes the first sender in the queue the next leader, or frees the statement.
func (g *groupCommit) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queued) == 0 {
		g.writes--
		return
	}
	g.queued[0].turn <- leader
	g.queued = slices.Delete(g.queued, 0, 1)
}

// writeArrivals commits a batch and notes in each arrival what became of it. A row that Postgres refuses fails only its
// own sender: the others are written without it.
func (s *Store) writeArrivals(ctx context.Context, batch []*pendingArrival) {
	err := insertArrivals(ctx, s.pool, batch)
	if len(batch) > 1 && mayBeOneRows(err) {
		for _, a := range batch {
			a.err = insertArrivals(ctx, s.pool, []*pendingArrival{a})
		}
		return
	}
	for _, a := range batch {
		a.err = err
	}
}

// mayBeOneRows reports whether a single row may be the reason of a refusal, and not the state of the server
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func mayBeOneRows(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	// Connection, read-only, out of resources, ending, broken.
	return !slices.Contains([]string{"08", "25", "53", "57", "58"}, refused.Code[:2])
}
