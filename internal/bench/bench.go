package bench

import (
	"context"
	"time"

	"relink/internal/blackbox"
	"relink/internal/devstack"
	"relink/internal/sut"
)

// Bench is one measurement.
type Bench struct {
	Name, About string

	run func(ctx context.Context, r *run) error
}

// All returns the benches, in the order in which they are run.
func All() []Bench {
	return []Bench{
		{"ingest", "verified, durably stored webhooks a second, beside a bare handler with a one-row committed insert", ingest},
		{"storm", "10,000 webhooks about 100 Items: how many signals and questions to Plaid they cost", storm},
	}
}

// Options of a bench.
type Options struct {
	// Start starts a relink; Dir and Say are filled in.
	Start  func(ctx context.Context, o devstack.Options) (*devstack.Stack, error)
	Binary string            // relink itself, for the baseline's process
	Log    func(line string) // gets what goes on, line by line
}

// limit is how long a bench may take.
const limit = 10 * time.Minute

// Run measures. An error means that the bench could not be run to its end.
func (b Bench) Run(ctx context.Context, o Options) (Result, error) {
	began := time.Now()
	r := &run{Options: o, result: Result{Bench: b.Name, Holds: true}}
	system := sut.Options{Name: "bench", Start: o.Start, OnDisk: true, Limit: limit, Say: o.Log}
	err := sut.Run(ctx, system, func(ctx context.Context, s *sut.System) error {
		r.System = s
		return b.run(ctx, r)
	})
	if err != nil {
		return Result{}, err
	}
	r.result.Seconds = time.Since(began).Seconds()
	return r.result, nil
}

type run struct {
	Options
	*sut.System

	result Result
}

// enrol links n Items and waits until all that it sets off is over.
func (r *run) enrol(ctx context.Context, n int) ([]blackbox.Item, error) {
	items, err := r.Enrol(ctx, blackbox.Merchants(n))
	if err == nil {
		err = r.awaitRest(ctx, items)
	}
	return items, err
}

// awaitInbox waits until no row is pending.
func (r *run) awaitInbox(ctx context.Context) error {
	return blackbox.Await(ctx, "the inbox to be empty", func(ctx context.Context) (empty bool, err error) {
		err = r.DB.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM inbox WHERE state = 'pending')`).Scan(&empty)
		return empty, err
	})
}

// awaitRest waits until no row of the inbox is pending and no Item's workflow has anything under way. By then each
// workflow has asked Plaid whatever it had to ask.
func (r *run) awaitRest(ctx context.Context, items []blackbox.Item) error {
	if err := r.awaitInbox(ctx); err != nil {
		return err
	}
	busy := r.Busy(items)
	return blackbox.Await(ctx, "the items' workflows to be at rest", func(ctx context.Context) (bool, error) {
		n, err := busy(ctx)
		return n == 0, err
	})
}

// requests returns n signed ITEM: ERROR webhooks, spread over the Items, ready to be written to a connection.
func (r *run) requests(ctx context.Context, items []blackbox.Item, n int, to string) ([][]byte, error) {
	hooks := make([]blackbox.Hook, n)
	for i := range hooks {
		hooks[i] = blackbox.Hook{ItemID: items[i%len(items)].ID, Type: "ITEM", Code: "ERROR"}
	}
	signed, err := r.Client.Sign(ctx, hooks)
	if err != nil {
		return nil, err
	}
	all := make([][]byte, n)
	for i, s := range signed {
		if all[i], err = request(to, s.Token, s.Body); err != nil {
			return nil, err
		}
	}
	return all, nil
}
