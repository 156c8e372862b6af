// Package sut is the system under test of drills and benches: a whole relink of one's own, started for one of them and
// taken down after it, and what is looked up behind its doors.
// Of relink it may import internal/devstack and internal/blackbox alone.
// Start reading at Run.
package sut

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"relink/internal/blackbox"
	"relink/internal/devstack"
	"relink/internal/devstack/scratch"
)

// Options of a run.
type Options struct {
	Name string // what is run: "drill" or "bench"
	// Start starts a relink; Dir, Policy and Say are filled in.
	Start  func(ctx context.Context, o devstack.Options) (*devstack.Stack, error)
	OnDisk bool          // its data: otherwise it is in memory, if the machine has some
	Policy string        // the policy file; empty is one that mails at once
	Limit  time.Duration // for the whole run
	Say    func(line string)
	// LogsTo may be nil. It gets the error of the run and returns the folder that keeps the logs; empty: they are removed.
	LogsTo func(err error) string
}

// System is a relink of one's own.
type System struct {
	*devstack.Stack

	DB       *pgxpool.Pool // to look, or to sabotage
	Temporal client.Client // to look

	say func(line string)
}

// Run starts a relink in a folder of its own, calls act with it, and takes everything down again. The context of act
// ends when a process ends that nobody killed.
func Run(ctx context.Context, o Options, act func(ctx context.Context, s *System) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.Limit, fmt.Errorf("the %s took longer than %s", o.Name, o.Limit))
	defer cancel()
	folder := scratch.New
	if o.OnDisk {
		folder = scratch.NewOnDisk
	}
	dir, err := folder(o.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	o.Say("starting Postgres, Temporal, the local Plaid, the mailbox, api and worker on free ports")
	stack, err := o.Start(ctx, devstack.Options{Dir: dir.Path, Policy: o.Policy, Log: o.Say})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, stack.Stop())
		if o.LogsTo != nil {
			err = errors.Join(err, o.keepLogs(filepath.Join(dir.Path, "logs"), o.LogsTo(err)))
		}
	}()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	go func() {
		select {
		case err := <-stack.Failed():
			fail(err)
		case <-ctx.Done():
		}
	}()
	s := &System{Stack: stack, say: o.Say}
	if s.DB, err = pgxpool.New(ctx, stack.Env["DATABASE_URL"]); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer s.DB.Close()
	s.Temporal, err = client.NewLazyClient(client.Options{
		HostPort: stack.Env["TEMPORAL_ADDRESS"], Namespace: stack.Env["TEMPORAL_NAMESPACE"],
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("reach temporal: %w", err)
	}
	defer s.Temporal.Close()
	if err = act(ctx, s); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return nil
}

func (o Options) keepLogs(from, to string) error {
	if to == "" {
		return nil
	}
	err := os.RemoveAll(to)
	if err == nil {
		err = os.CopyFS(to, os.DirFS(from))
	}
	if err != nil {
		return fmt.Errorf("keep the logs: %w", err)
	}
	o.Say("the logs of every process are in " + to)
	return nil
}

// Enrol links an Item for each of the owners, in their order, and waits until each has its workflow.
func (s *System) Enrol(ctx context.Context, owners []blackbox.Merchant) ([]blackbox.Item, error) {
	began := time.Now()
	items, err := s.Client.EnrolAll(ctx, owners, func(done int) {
		if done%100 == 0 || done == len(owners) {
			s.say(fmt.Sprintf("%d of %d items enrolled, %.0f s", done, len(owners), time.Since(began).Seconds()))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return items, nil
}

// Busy returns a function that counts the Items whose workflows are not at rest. A workflow at rest has neither an
// activity nor a task under way: only a signal or a time wakes it. Temporal writes one step's end and the next step's
// beginning together, so a workflow never looks at rest in between. The function looks at those again that were busy
// the last time, and at all of them before it returns 0, since one that was at rest may have woken.
func (s *System) Busy(items []blackbox.Item) func(ctx context.Context) (int, error) {
	todo := items
	return func(ctx context.Context) (int, error) {
		busy, err := s.busyOf(ctx, todo)
		if err == nil && len(busy) == 0 && len(todo) < len(items) {
			busy, err = s.busyOf(ctx, items)
		}
		if err != nil {
			return 0, err
		}
		todo = busy
		if len(busy) == 0 {
			todo = items
		}
		return len(busy), nil
	}
}

func (s *System) busyOf(ctx context.Context, items []blackbox.Item) (busy []blackbox.Item, err error) {
	var lock sync.Mutex
	err = blackbox.ForEach(ctx, len(items), func(ctx context.Context, i int) error {
		now, err := s.Temporal.DescribeWorkflowExecution(ctx, items[i].WorkflowID, "")
		if err != nil {
			return fmt.Errorf("look at %s: %w", items[i].WorkflowID, err)
		}
		if len(now.GetPendingActivities()) > 0 || now.GetPendingWorkflowTask() != nil {
			lock.Lock()
			defer lock.Unlock()
			busy = append(busy, items[i])
		}
		return nil
	})
	return busy, err
}
