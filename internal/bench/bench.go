package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"relink/internal/devstack"
	"relink/internal/devstack/scratch"
	"relink/internal/outside"
)

// Bench is one measurement.
type Bench struct {
	Name, About string

	run func(ctx context.Context, r *run) error
}

// All are the benches, in the order in which they are run.
func All() []Bench {
	return []Bench{
		{
			Name:  "ingest",
			About: "verified, durably stored webhooks a second, beside a bare handler with a one-row committed insert",
			run:   ingest,
		},
		{
			Name:  "storm",
			About: "10,000 webhooks about 100 Items: how many signals and questions to Plaid they cost",
			run:   storm,
		},
	}
}

// Options of a bench.
type Options struct {
	// Start starts a relink; Dir and Say are filled in.
	Start  func(ctx context.Context, o devstack.Options) (*devstack.Stack, error)
	Binary string            // relink itself, for the baseline's process
	Say    func(line string) // told what goes on
}

// limit is how long a bench may take.
const limit = 10 * time.Minute

// Run measures. An error means that there is nothing to judge.
func (b Bench) Run(ctx context.Context, o Options) (_ Result, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the bench took longer than %s", limit))
	defer cancel()
	began := time.Now()
	dir, err := scratch.NewOnDisk("bench")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	r := &run{Options: o, result: Result{Bench: b.Name, Holds: true}}
	r.Say("starting Postgres with fsync on a disk, Temporal, the local Plaid, the mailbox, api and worker on free ports")
	if r.stack, err = o.Start(ctx, devstack.Options{Dir: dir.Path, Say: o.Say}); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, r.stack.Stop()) }()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	go func() {
		select {
		case err := <-r.stack.Failed():
			fail(err)
		case <-ctx.Done():
		}
	}()
	if r.db, err = pgxpool.New(ctx, r.stack.Env["DATABASE_URL"]); err != nil {
		return Result{}, fmt.Errorf("look into the database: %w", err)
	}
	defer r.db.Close()
	if err := b.run(ctx, r); err != nil {
		return Result{}, errors.Join(err, context.Cause(ctx))
	}
	r.result.Seconds = time.Since(began).Seconds()
	return r.result, nil
}

// run is one bench under way.
type run struct {
	Options

	result Result
	stack  *devstack.Stack
	db     *pgxpool.Pool // to look
}

// enrol links n Items and waits until all that it sets off is over.
func (r *run) enrol(ctx context.Context, n int) ([]outside.Item, error) {
	items, err := r.stack.World.LinkAll(ctx, outside.Crowd(n), nil)
	if err == nil {
		err = r.stack.World.AwaitFirstAnswers(ctx, items, nil)
	}
	if err == nil {
		err = r.awaitInbox(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	r.Say(fmt.Sprintf("%d items enrolled, each with its workflow", n))
	return items, nil
}

// awaitInbox waits until no row is pending.
func (r *run) awaitInbox(ctx context.Context) error {
	return outside.Await(ctx, "the inbox to be empty", func(ctx context.Context) (empty bool, err error) {
		err = r.db.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM inbox WHERE state = 'pending')`).Scan(&empty)
		return empty, err
	})
}

// requests signs n ITEM: ERROR webhooks, spread over the Items, and makes them ready to be written to a connection.
func (r *run) requests(ctx context.Context, items []outside.Item, n int, to string) ([][]byte, error) {
	hooks := make([]outside.Hook, n)
	for i := range hooks {
		hooks[i] = outside.Hook{ItemID: items[i%len(items)].ID, Type: "ITEM", Code: "ERROR"}
	}
	signed, err := r.stack.World.Sign(ctx, hooks)
	if err != nil {
		return nil, fmt.Errorf("sign webhooks: %w", err)
	}
	all := make([][]byte, n)
	for i, s := range signed {
		if all[i], err = request(to, s.Token, s.Body); err != nil {
			return nil, err
		}
	}
	return all, nil
}
