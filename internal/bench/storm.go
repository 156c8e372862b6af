package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"relink/internal/outside"
)

const (
	stormItems    = 100
	stormWebhooks = 10_000
	// pace is how often an Item's workflow may be signalled for webhooks, after the first time.
	pace = 4 * time.Second
)

// storm sends a bank's outage: every Item is broken, and 100 webhooks about each say so, which is true, so that no
// contradicted hint is asked about later. Signals are counted in the histories of all runs, questions in the local Plaid's
// log. Both are counted from after enrolment until a while after the inbox is empty, when nobody asks any more.
func storm(ctx context.Context, r *run) error {
	items, err := r.enrol(ctx, stormItems)
	if err != nil {
		return err
	}
	temporal, err := client.DialContext(ctx, client.Options{HostPort: r.stack.Env["TEMPORAL_ADDRESS"], Namespace: r.stack.Env["TEMPORAL_NAMESPACE"], Logger: silent{}})
	if err != nil {
		return fmt.Errorf("look into Temporal: %w", err)
	}
	defer temporal.Close()
	before, err := r.count(ctx, temporal, items)
	if err != nil {
		return err
	}
	err = outside.Each(ctx, len(items), nil, func(ctx context.Context, i int) error {
		return r.stack.World.BreakUntold(ctx, items[i].ID, "ITEM_LOGIN_REQUIRED")
	})
	if err != nil {
		return fmt.Errorf("break the items: %w", err)
	}
	requests, err := r.requests(ctx, items, stormWebhooks, r.stack.World.WebhookURL())
	if err != nil {
		return err
	}
	u, err := url.Parse(r.stack.World.API)
	if err != nil {
		return fmt.Errorf("find api: %w", err)
	}
	r.Say(fmt.Sprintf("%d webhooks about %d items", stormWebhooks, stormItems))
	began := time.Now()
	rate, err := atFullSpeed(ctx, u.Host, requests)
	if err != nil {
		return fmt.Errorf("load relink: %w", err)
	}
	r.Say(fmt.Sprintf("all answered 200 after %.1f s", time.Since(began).Seconds()))
	if err := r.awaitInbox(ctx); err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	r.Say(fmt.Sprintf("the inbox is empty after %.1f s", seconds))
	if err := r.stack.World.AwaitQuiet(ctx, "/item/get", 3*time.Second); err != nil {
		return err
	}
	after, err := r.count(ctx, temporal, items)
	if err != nil {
		return err
	}
	return r.tellStorm(before, after, rate, seconds)
}

// counts are of all Items together.
type counts struct{ signals, questions int }

// errNotHeard is a measurement of something that did not take place.
var errNotHeard = errors.New("not every item was signalled and asked about: there is nothing to judge")

func (r *run) tellStorm(before, after counts, rate, seconds float64) error {
	signals, questions := after.signals-before.signals, after.questions-before.questions
	if signals < stormItems || questions < stormItems {
		return fmt.Errorf("%w: %d signals, %d questions", errNotHeard, signals, questions)
	}
	allowed := allowance(stormItems, seconds)
	r.atMost(Row{Figure: fmt.Sprintf("signals; baseline: %d items x (1 + %.1f s / %.0f s)", stormItems, seconds, pace.Seconds()), Relink: float64(signals), Baseline: allowed}, 1)
	r.atMost(Row{Figure: "/item/get; baseline: the same", Relink: float64(questions), Baseline: allowed}, 1)
	r.beside(Row{Figure: fmt.Sprintf("webhooks a signal, of %d", stormWebhooks), Relink: float64(stormWebhooks) / float64(signals)})
	r.beside(Row{Figure: "webhooks/s while the worker works", Relink: rate})
	return nil
}

// allowance is how many signals, or questions, so many Items may cost in so many seconds.
func allowance(items int, seconds float64) float64 {
	return float64(items) * (1 + seconds/pace.Seconds())
}

func (r *run) count(ctx context.Context, temporal client.Client, items []outside.Item) (counts, error) {
	calls, err := r.stack.World.Calls(ctx, "/item/get")
	if err != nil {
		return counts{}, fmt.Errorf("count questions: %w", err)
	}
	var (
		c    counts
		lock sync.Mutex
	)
	err = outside.Each(ctx, len(items), nil, func(ctx context.Context, i int) error {
		signals, err := signalsOf(ctx, temporal, items[i].WorkflowID)
		lock.Lock()
		defer lock.Unlock()
		c.signals += signals
		c.questions += calls[items[i].ID]
		return err
	})
	return c, err
}

// signalsOf counts the signals in every run of a workflow.
func signalsOf(ctx context.Context, temporal client.Client, workflowID string) (signals int, err error) {
	list, err := temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 1000, Query: fmt.Sprintf("WorkflowId = '%s'", workflowID),
	})
	if err != nil {
		return 0, fmt.Errorf("list runs of %s: %w", workflowID, err)
	}
	for _, e := range list.GetExecutions() {
		events := temporal.GetWorkflowHistory(ctx, workflowID, e.GetExecution().GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				return 0, fmt.Errorf("read history of %s: %w", workflowID, err)
			}
			if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
				signals++
			}
		}
	}
	return signals, nil
}

// silent drops what the SDK has to say.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
