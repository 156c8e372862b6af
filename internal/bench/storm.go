package bench

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relink/internal/blackbox"
)

const (
	stormItems    = 100
	stormWebhooks = 10_000
	// pace is how often an Item's workflow may be signalled for webhooks, after the first time.
	pace = 4 * time.Second
)

// storm sends what follows a bank's outage: every Item is broken, and 100 webhooks about each say so. That is true, so
// relink asks about no contradicted hint later. Signals are counted in the histories of all runs and questions by the
// local Plaid, from after enrolment until the inbox is empty and every Item's workflow is at rest again.
func storm(ctx context.Context, r *run) error {
	items, err := r.enrol(ctx, stormItems)
	if err != nil {
		return err
	}
	before, err := r.count(ctx, items)
	if err != nil {
		return err
	}
	if _, err := r.Client.BreakAll(ctx, "", 1, "ITEM_LOGIN_REQUIRED", false); err != nil {
		return err
	}
	requests, err := r.requests(ctx, items, stormWebhooks, r.Client.WebhookURL())
	if err != nil {
		return err
	}
	r.Log(fmt.Sprintf("%d webhooks about %d items", stormWebhooks, stormItems))
	began := time.Now()
	rate, err := atFullSpeed(ctx, r.Client.WebhookURL(), requests)
	if err != nil {
		return fmt.Errorf("load relink: %w", err)
	}
	r.Log(fmt.Sprintf("all answered 200 after %.1f s", time.Since(began).Seconds()))
	if err := r.awaitInbox(ctx); err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	r.Log(fmt.Sprintf("the inbox is empty after %.1f s", seconds))
	if err := r.awaitRest(ctx, items); err != nil {
		return err
	}
	after, err := r.count(ctx, items)
	if err != nil {
		return err
	}
	r.reportStorm(before, after, rate, seconds)
	return nil
}

// counts are of one Item.
type counts struct{ signals, questions int }

// reportStorm compares what was counted, by Item, with what so many Items may cost. An Item that was not signalled, or
// not asked about, is a missed bar: a storm that nobody heard is cheap.
func (r *run) reportStorm(before, after []counts, rate, seconds float64) {
	signals, questions, heard := 0, 0, 0
	for i := range after {
		s, q := after[i].signals-before[i].signals, after[i].questions-before[i].questions
		signals, questions = signals+s, questions+q
		if s > 0 && q > 0 {
			heard++
		}
	}
	items := len(after)
	allowed := allowance(items, seconds)
	r.atLeast(Row{Figure: "items signalled and asked about; baseline: all", Relink: float64(heard), Baseline: float64(items)}, 1)
	r.atMost(Row{
		Figure: fmt.Sprintf("signals; baseline: %d items x (1 + %.1f s / %.0f s)", items, seconds, pace.Seconds()),
		Relink: float64(signals), Baseline: allowed,
	}, 1)
	r.atMost(Row{Figure: "/item/get; baseline: the same", Relink: float64(questions), Baseline: allowed}, 1)
	r.beside(Row{Figure: fmt.Sprintf("webhooks a signal, of %d", stormWebhooks), Relink: float64(stormWebhooks) / float64(max(1, signals))})
	r.beside(Row{Figure: "webhooks/s while the worker works", Relink: rate})
}

// allowance is how many signals, or questions, so many Items may cost in so many seconds.
func allowance(items int, seconds float64) float64 {
	return float64(items) * (1 + seconds/pace.Seconds())
}

func (r *run) count(ctx context.Context, items []blackbox.Item) ([]counts, error) {
	calls, err := r.Client.Calls(ctx, "/item/get")
	if err != nil {
		return nil, fmt.Errorf("count questions: %w", err)
	}
	all := make([]counts, len(items))
	return all, blackbox.ForEach(ctx, len(items), func(ctx context.Context, i int) (err error) {
		all[i].questions = calls[items[i].ID]
		all[i].signals, err = r.signalsOf(ctx, items[i].WorkflowID)
		return err
	})
}

// signalsOf counts the signals in every run of a workflow. It goes from run to run by what each history says about the
// one before, since Temporal's lists show a new run late.
func (r *run) signalsOf(ctx context.Context, workflowID string) (signals int, err error) {
	now, err := r.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return 0, fmt.Errorf("look at %s: %w", workflowID, err)
	}
	for runID, before := now.GetWorkflowExecutionInfo().GetExecution().GetRunId(), ""; runID != ""; runID, before = before, "" {
		events := r.Temporal.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				return 0, fmt.Errorf("read history of %s: %w", workflowID, err)
			}
			switch event.GetEventType() {
			case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
				before = event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
			case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
				signals++
			default:
			}
		}
	}
	return signals, nil
}
