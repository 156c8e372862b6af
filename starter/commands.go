package starter

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	batchpb "go.temporal.io/api/batch/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"relink/internal/item"
	"relink/workflows"
)

// Query returns a visibility query for the running workflows of the Items that match. matching is in Temporal's own
// language (RelinkState = 'login_required'); "" matches all Items.
func Query(matching string) string {
	q := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", workflows.TypeItem)
	if matching != "" {
		q += " AND (" + matching + ")"
	}
	return q
}

// Count returns how many Items match.
func (s *Starter) Count(ctx context.Context, matching string) (int64, error) {
	counted, err := s.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: Query(matching)})
	if err != nil {
		return 0, fmt.Errorf("count items where %q: %w", matching, err)
	}
	return counted.GetCount(), nil
}

// Command sends an operator command to one Item's workflow.
func (s *Starter) Command(ctx context.Context, id item.ID, c item.OperatorCommand) error {
	wid := workflows.ID(s.environment, id)
	if err := s.temporal.SignalWorkflow(ctx, wid, "", workflows.SignalOperator, c); err != nil {
		return fmt.Errorf("send command %s to %s: %w", c.Do, wid, err)
	}
	return nil
}

// batchPoll is how often the progress of a batch is read.
const batchPoll = 200 * time.Millisecond

// CommandAll sends an operator command to every Item that matches, as one batch of Temporal's, which is paced. It calls
// progress with the number of Items that have the command. It returns how many Items got the command, and how many
// could not be reached.
func (s *Starter) CommandAll(
	ctx context.Context, matching string, c item.OperatorCommand, progress func(done, total int64),
) (reached, missed int64, err error) {
	input, err := converter.GetDefaultDataConverter().ToPayloads(c)
	if err != nil {
		return 0, 0, fmt.Errorf("encode command: %w", err)
	}
	job := uuid.NewString()
	_, err = s.temporal.WorkflowService().StartBatchOperation(ctx, &workflowservice.StartBatchOperationRequest{
		Namespace: s.namespace, JobId: job, VisibilityQuery: Query(matching), Reason: "relink: " + string(c.Do) + ", by " + c.By,
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{SignalOperation: &batchpb.BatchOperationSignal{
			Signal: workflows.SignalOperator, Input: input, Identity: c.By,
		}},
	})
	if err != nil {
		return 0, 0, fmt.Errorf("start batch: %w", err)
	}
	tick := time.NewTicker(batchPoll)
	defer tick.Stop()
	for {
		d, err := s.temporal.WorkflowService().DescribeBatchOperation(ctx, &workflowservice.DescribeBatchOperationRequest{
			Namespace: s.namespace, JobId: job,
		})
		if err != nil {
			return 0, 0, fmt.Errorf("describe batch %s: %w", job, err)
		}
		progress(d.GetCompleteOperationCount(), d.GetTotalOperationCount())
		switch d.GetState() {
		case enumspb.BATCH_OPERATION_STATE_COMPLETED:
			return d.GetCompleteOperationCount(), d.GetFailureOperationCount(), nil
		case enumspb.BATCH_OPERATION_STATE_FAILED:
			return d.GetCompleteOperationCount(), d.GetFailureOperationCount(), fmt.Errorf("batch %s failed", job)
		default:
		}
		select {
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("wait for batch %s, which goes on: %w", job, ctx.Err())
		case <-tick.C:
		}
	}
}
