package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"relink/internal/blackbox"
	"relink/internal/item"
)

// While no worker runs, signals come and a timer may fire. The first task of the new worker has all of them, and a
// history so long that the run has to end at once.
func TestDeployGap_appliesSignalsThatCameWithoutAWorker(t *testing.T) {
	t.Parallel()
	s := startOn(t, suggestingEarly(t))
	ctx := within(t, 2*patience)
	it, _ := broken(t, s, ctx)
	sent := 0
	send := func(until time.Time) {
		hint := anonymous
		hint.Until = until
		require.NoError(t, s.hint(ctx, it, hint))
		sent++
	}
	for _, timerFires := range []bool{false, true} {
		run, length := "", 0
		for length < suggestAt-5 { // the gap brings 5 events at least: three signals, and a task that begins
			until := time.Time{}
			if timerFires {
				// This is before the task leaves the old worker's queue, after 5 s: a worker that starts at just that time
				// gets the task only when its first poll ends, after a minute.
				until = time.Now().Add(3 * time.Second)
			}
			send(until)
			run, length = s.resting(t, ctx, it)
		}
		s.stopWorker()
		for range 3 {
			send(time.Time{})
		}
		require.NoError(t, blackbox.Await(ctx, "the timer to fire", func(ctx context.Context) (bool, error) {
			history, err := s.history(ctx, it, run)
			return !timerFires || count(history, enumspb.EVENT_TYPE_TIMER_FIRED) == 1, err
		}))
		s.startWorker()

		require.NoError(t, blackbox.Await(ctx, "the run to end", func(ctx context.Context) (bool, error) {
			history, err := s.history(ctx, it, run)
			return count(history, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW) == 1, err
		}))
		life := s.awaitLife(t, ctx, it, "no query to be owed", func(l item.Life) bool { return !l.NeedsQuery })
		require.Equal(t, sent, life.LinkAttempts, "a timer fired: %t", timerFires)
		it.RunID = run
		s.kept(t, ctx, fmt.Sprintf("deploy-gap-timer-%t", timerFires), it)
	}
}

// resting waits until the workflow has nothing to do. It returns the run and the length of its history.
func (s *stack) resting(t *testing.T, ctx context.Context, it blackbox.Item) (run string, length int) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "the workflow to rest", func(ctx context.Context) (bool, error) {
		d, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID(it), "")
		if err != nil || d.GetPendingWorkflowTask() != nil || len(d.GetPendingActivities()) > 0 {
			return false, err
		}
		run = d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		length = int(d.GetWorkflowExecutionInfo().GetHistoryLength())
		return true, nil
	}))
	return run, length
}
