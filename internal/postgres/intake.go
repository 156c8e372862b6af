package postgres

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"relink/internal/item"
)

const (
	intakeWrites = 2               // statements under way at once
	intakeRows   = 256             // arrivals in one statement
	intakeTime   = 8 * time.Second // for one statement, and the rows one by one when it is refused; Plaid waits 10 s
)

// intake lets arrivals share commits: those that come while intakeWrites statements are under way go into the next one
// together. There is no goroutine and no timer of its own: whoever finds a statement free writes, at once, and hands
// that statement to the first of those who gathered meanwhile.
type intake struct {
	mu       sync.Mutex
	gathered []*arriving // empty unless all statements are under way
	writes   int
}

// arriving is an arrival whose sender waits.
type arriving struct {
	item.Arrival
	receipt item.Receipt
	err     error
	// turn is sent one word: written, or to lead.
	turn chan turn
}

type turn int

const (
	written turn = iota // receipt and err say what became of it
	lead                // write, for yourself and all who gathered
)

var errBrokeOff = errors.New("the write broke off")

// receive has write commit the arrival, with others that are there. A sender that gives up while its arrival is being
// written may leave a row behind all the same.
func (in *intake) receive(ctx context.Context, a item.Arrival, write func(context.Context, []*arriving)) (item.Receipt, error) {
	me := &arriving{Arrival: a, err: errBrokeOff, turn: make(chan turn, 1)}
	if in.enter(me) != lead {
		select {
		case word := <-me.turn:
			if word == written {
				return me.receipt, me.err
			}
		case <-ctx.Done():
			if in.leave(me) {
				return item.Receipt{}, ctx.Err()
			}
			select {
			case word := <-me.turn:
				if word == written {
					return me.receipt, me.err
				}
				// The others count on us by now.
			default:
				return item.Receipt{}, ctx.Err()
			}
		}
	}
	in.write(ctx, me, write)
	return me.receipt, me.err
}

// enter returns lead when a statement is free; else the arrival has gathered with the others.
func (in *intake) enter(me *arriving) turn {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.writes < intakeWrites {
		in.writes++
		return lead
	}
	in.gathered = append(in.gathered, me)
	return written
}

// leave takes the arrival away, unless somebody writes it already or it was told to lead.
func (in *intake) leave(me *arriving) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	i := slices.Index(in.gathered, me)
	if i < 0 {
		return false
	}
	in.gathered = slices.Delete(in.gathered, i, i+1)
	return true
}

// write commits the leader's arrival and those that gathered, whatever becomes of the leader's sender.
func (in *intake) write(ctx context.Context, me *arriving, write func(context.Context, []*arriving)) {
	runtime.Gosched() // those that can run now may come along: after a commit, all that it answered do
	in.mu.Lock()
	n := min(len(in.gathered), intakeRows-1)
	batch := append([]*arriving{me}, in.gathered[:n]...)
	followers := batch[1:]
	in.gathered = slices.Delete(in.gathered, 0, n)
	in.mu.Unlock()
	defer func() { // also when write panics
		in.pass()
		for _, f := range followers {
			f.turn <- written
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), intakeTime)
	defer cancel()
	write(ctx, slices.Clone(batch))
}

// pass hands the statement to the first who gathered, or frees it.
func (in *intake) pass() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.gathered) == 0 {
		in.writes--
		return
	}
	in.gathered[0].turn <- lead
	in.gathered = slices.Delete(in.gathered, 0, 1)
}

// writeArrivals commits a batch and notes with each arrival what became of it. What one row is refused for is that
// row's alone: the others are written without it.
func (s *Store) writeArrivals(ctx context.Context, batch []*arriving) {
	err := insertArrivals(ctx, s.pool, batch)
	if len(batch) > 1 && mayBeOneRows(err) {
		for _, a := range batch {
			a.err = insertArrivals(ctx, s.pool, []*arriving{a})
		}
		return
	}
	for _, a := range batch {
		a.err = err
	}
}

// mayBeOneRows tells what a row can be refused for from how the server itself is
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func mayBeOneRows(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	// Connection, read-only, out of resources, ending, broken.
	return !slices.Contains([]string{"08", "25", "53", "57", "58"}, refused.Code[:2])
}
