package e2e

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"relink/internal/blackbox"
	"relink/internal/devstack/temporalserver"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/testkit"
	"relink/workflows"
)

// suggestAt is the length of a history at which suggestingEarly suggests to continue as new. Elsewhere it is 4,096
// events.
const suggestAt = 25

func suggestingEarly(t *testing.T) testkit.TemporalServer {
	t.Helper()
	own := testkit.OwnTemporal(t, temporalserver.Options{DynamicConfig: map[string]string{"limit.historyCount.suggestContinueAsNew": "25"}})
	return testkit.TemporalServer{Address: own.Address(), Namespace: own.Namespace}
}

func workflowID(it blackbox.Item) string { return workflows.ID("sandbox", item.ID(it.ID)) }

// hint signals an Item's workflow as the dispatcher does.
func (s *stack) hint(ctx context.Context, it blackbox.Item, hints ...item.Hint) error {
	return s.starter.Deliver(ctx, inbox.Batch{ItemID: item.ID(it.ID), Hints: hints})
}

// awaitLife waits until the workflow's life meets a condition, and returns it. A run that has just begun cannot be
// queried yet, and a query to a worker that is ending may never get a result.
func (s *stack) awaitLife(t *testing.T, ctx context.Context, it blackbox.Item, what string, wanted func(l item.Life) bool) item.Life {
	t.Helper()
	var status workflows.Status
	err := blackbox.Await(ctx, what, func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		answer, err := s.temporal.QueryWorkflow(ctx, workflowID(it), "", workflows.QueryStatus)
		if err != nil {
			return false, err
		}
		status = workflows.Status{}
		return answer.Get(&status) == nil && wanted(status.Life), nil
	})
	require.NoError(t, err, "the workflow knows %+v", status.Life)
	return status.Life
}

// history returns the history of a run of an Item's workflow, the current run when run is empty.
func (s *stack) history(ctx context.Context, it blackbox.Item, run string) (*historypb.History, error) {
	return s.historyOf(ctx, workflowID(it), run)
}

func (s *stack) historyOf(ctx context.Context, id, run string) (*historypb.History, error) {
	var history historypb.History
	events := s.temporal.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, err
		}
		history.Events = append(history.Events, event)
	}
	return &history, nil
}

// runs returns the runs of an Item's workflow, oldest first. It follows each run to the one that it continued.
func (s *stack) runs(t *testing.T, ctx context.Context, it blackbox.Item) (ids []string) {
	t.Helper()
	_, run, err := s.starter.Run(ctx, item.ID(it.ID))
	require.NoError(t, err)
	for run != "" {
		ids = append(ids, run)
		history, err := s.history(ctx, it, run)
		require.NoError(t, err)
		run = history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	}
	slices.Reverse(ids)
	return ids
}

// awaitRun waits until an Item has an nth run, counted from 1, and returns its id.
func (s *stack) awaitRun(t *testing.T, ctx context.Context, it blackbox.Item, nth int) (run string) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "another run", func(ctx context.Context) (bool, error) {
		ids := s.runs(t, ctx, it)
		if len(ids) < nth {
			return false, nil
		}
		run = ids[nth-1]
		return true, nil
	}))
	return run
}

// carried returns the lives that the runs of an Item's workflow carried over.
func (s *stack) carried(t *testing.T, ctx context.Context, it blackbox.Item) (lives []item.Life) {
	t.Helper()
	for _, run := range s.runs(t, ctx, it) {
		history, err := s.history(ctx, it, run)
		require.NoError(t, err)
		last := history.GetEvents()[len(history.GetEvents())-1].GetWorkflowExecutionContinuedAsNewEventAttributes()
		if last == nil {
			continue
		}
		var in workflows.Input
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(last.GetInput(), &in))
		lives = append(lives, in.Carried.Life)
	}
	return lives
}

func count(history *historypb.History, kind enumspb.EventType) (n int) {
	for _, event := range history.GetEvents() {
		if event.GetEventType() == kind {
			n++
		}
	}
	return n
}

// details returns a run's current details. It reads them as the Temporal UI does: with the SDK's built-in metadata
// query.
func (s *stack) details(t *testing.T, ctx context.Context, it blackbox.Item) string {
	t.Helper()
	answer, err := s.temporal.WorkflowService().QueryWorkflow(ctx, &workflowservice.QueryWorkflowRequest{
		Namespace: "default",
		Execution: &commonpb.WorkflowExecution{WorkflowId: it.WorkflowID, RunId: it.RunID},
		Query:     &querypb.WorkflowQuery{QueryType: "__temporal_workflow_metadata"},
	})
	require.NoError(t, err)
	var metadata sdk.WorkflowMetadata
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(answer.GetQueryResult(), &metadata))
	return metadata.GetCurrentDetails()
}
