package starter

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"relink/internal/inbox"
	"relink/internal/neighbour"
	"relink/internal/outbox"
	"relink/workflows"
)

// StartDelivery starts the workflow that delivers a message. It returns nil as well when that workflow exists already,
// running or closed, and outbox.ErrUnavailable when Temporal cannot take it now.
func (s *Starter) StartDelivery(ctx context.Context, m neighbour.Envelope) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	id := workflows.DeliveryID(s.environment, m.Key)
	_, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                s.queue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes:    workflows.DeliveryAttributes(s.environment),
		StaticSummary:            workflows.DeliverySummary(m),
	}, workflows.TypeDeliver, m)
	if err = classify(err); err == nil || errors.Is(err, inbox.ErrClosed) {
		return nil
	}
	if errors.Is(err, inbox.ErrUnavailable) {
		err = errors.Join(outbox.ErrUnavailable, err)
	}
	return fmt.Errorf("start %s: %w", id, err)
}
