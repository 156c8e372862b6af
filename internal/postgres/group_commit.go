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
	groupRows   = 256             // entries in one statement
	groupTime   = 8 * time.Second // for one statement and, when it is refused, its rows one by one; Plaid waits 10 s
)

// groupCommit lets entries share commits: the ones that come while groupWrites statements run go into the next
// statement together. It has no goroutine and no timer of its own. A sender that finds a statement free leads: it
// writes at once, and then passes its statement to the first sender in the queue.
type groupCommit struct {
	mu     sync.Mutex
	queued []*pendingEntry // empty unless all statements run
	writes int
}

// pendingEntry is an entry whose sender waits.
type pendingEntry struct {
	inbox.Entry
	receipt inbox.Receipt
	err     error
	// turn gets one value: done, or leader.
	turn chan turn
}

type turn int

const (
	done   turn = iota // receipt and err say what became of the entry
	leader             // the sender has to write its own entry and the queued ones
)

var errBrokeOff = errors.New("the write broke off")

// receive commits the entry with write, together with others that wait. If ctx ends while the entry is being written,
// receive returns ctx's error, and the row may be stored nevertheless.
func (g *groupCommit) receive(ctx context.Context, e inbox.Entry, write func(context.Context, []*pendingEntry)) (inbox.Receipt, error) {
	me := &pendingEntry{Entry: e, err: errBrokeOff, turn: make(chan turn, 1)}
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
				// The turn is leader: the queued entries depend on this sender now.
			default:
				return inbox.Receipt{}, ctx.Err()
			}
		}
	}
	g.write(ctx, me, write)
	return me.receipt, me.err
}

// enter returns leader when a statement is free. Otherwise it queues the entry and returns done.
func (g *groupCommit) enter(me *pendingEntry) turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.writes < groupWrites {
		g.writes++
		return leader
	}
	g.queued = append(g.queued, me)
	return done
}

// leave takes the entry out of the queue. It returns false when the entry is being written, or its sender has to
// lead.
func (g *groupCommit) leave(me *pendingEntry) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queued, me)
	if i < 0 {
		return false
	}
	g.queued = slices.Delete(g.queued, i, i+1)
	return true
}

// write commits the leader's entry and the queued ones, even if the leader's context ends meanwhile.
func (g *groupCommit) write(ctx context.Context, me *pendingEntry, write func(context.Context, []*pendingEntry)) {
	runtime.Gosched() // senders that can run now may still queue: after a commit, all that it released do
	g.mu.Lock()
	n := min(len(g.queued), groupRows-1)
	batch := append([]*pendingEntry{me}, g.queued[:n]...)
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

// writeEntries commits a batch and notes in each entry what became of it. A row that Postgres refuses fails only its
// own sender: the others are written without it.
func (s *Store) writeEntries(ctx context.Context, batch []*pendingEntry) {
	err := insertEntries(ctx, s.pool, batch)
	if len(batch) > 1 && mayBeOneRows(err) {
		for _, e := range batch {
			e.err = insertEntries(ctx, s.pool, []*pendingEntry{e})
		}
		return
	}
	for _, e := range batch {
		e.err = err
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
