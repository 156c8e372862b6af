package e2e

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"relink/internal/blackbox"
)

// details reads a run's current details in the way that the Temporal UI does: with the SDK's built-in metadata query.
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
