package drill

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"relink/internal/outside"
)

// restPatience is how long no further Item may come to rest: mails leave at ten a second.
const restPatience = 30 * time.Second

// settleAtRest waits until every Item's workflow is at rest: it has nothing under way, and only a signal or a time will
// wake it. Whatever mail it could send by then has been sent, or is held. enough, which may be nil, ends the waiting before.
func (p *play) settleAtRest(ctx context.Context, what string, items []outside.Item, enough func(ctx context.Context) (bool, error)) error {
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: p.stack.Env["TEMPORAL_ADDRESS"], Namespace: p.stack.Env["TEMPORAL_NAMESPACE"], Logger: silent{},
	})
	if err != nil {
		return fmt.Errorf("reach temporal: %w", err)
	}
	defer temporal.Close()
	todo := items
	return p.settle(ctx, what, restPatience, func(ctx context.Context) (left int, err error) {
		if enough != nil {
			if done, err := enough(ctx); done || err != nil {
				return 0, err
			}
		}
		all := len(todo) == len(items)
		if todo, err = restless(ctx, temporal, todo); err != nil || len(todo) > 0 || all {
			return len(todo), err
		}
		todo, err = restless(ctx, temporal, items) // one that rested may have woken meanwhile
		return len(todo), err
	})
}

// restless are those of the Items whose workflows have something under way. On an error it is all of them.
func restless(ctx context.Context, temporal client.Client, items []outside.Item) ([]outside.Item, error) {
	var (
		busy []outside.Item
		lock sync.Mutex
	)
	err := outside.Each(ctx, len(items), nil, func(ctx context.Context, i int) error {
		now, err := temporal.DescribeWorkflowExecution(ctx, items[i].WorkflowID, "")
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
	if err != nil {
		return items, err
	}
	return busy, nil
}

// silent drops what Temporal's SDK has to say.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
