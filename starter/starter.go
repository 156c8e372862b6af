package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relink/internal/inbox"
	"relink/internal/item"
	"relink/workflows"
)

// Starter talks to the workflows of one environment.
type Starter struct {
	temporal    client.Client
	environment string
	queue       string
	namespace   string
}

// Options of a Starter.
type Options struct {
	Environment string // "sandbox" or "production"
	Queue       string // task queue of the workflows; workflows.Queue when empty
	Namespace   string // Temporal's; "default" when empty. Only commands to many Items need it.
}

// New returns a Starter on a connected (or lazy) client.
func New(c client.Client, opts Options) *Starter {
	if opts.Queue == "" {
		opts.Queue = workflows.Queue
	}
	return &Starter{temporal: c, environment: opts.Environment, queue: opts.Queue, namespace: cmp.Or(opts.Namespace, client.DefaultNamespace)}
}

const deliverTimeout = 10 * time.Second

// Deliver signals a batch of hints to its Item's workflow, and starts the workflow if it does not run. It returns
// inbox.ErrClosed for an Item whose life is over, and inbox.ErrUnavailable when Temporal cannot take the batch now.
func (s *Starter) Deliver(ctx context.Context, b inbox.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	id := workflows.ID(s.environment, b.ItemID)
	_, err := s.temporal.SignalWithStartWorkflow(ctx, id, workflows.SignalHint, workflows.Hints{Hints: b.Hints},
		s.startOptions(id), workflows.TypeItem, workflows.Input{ItemID: b.ItemID})
	if err != nil {
		return fmt.Errorf("signal %s: %w", id, classify(err))
	}
	return nil
}

// startOptions returns how an Item's workflow is started. A completed workflow belongs to a removed Item and stays
// closed. A workflow that somebody terminated, or that failed, starts again from the records in Postgres.
func (s *Starter) startOptions(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                s.queue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
	}
}

// classify marks a closed workflow with inbox.ErrClosed and an outage of Temporal with inbox.ErrUnavailable. It returns
// any other error unchanged: that one is the Item's own.
func classify(err error) error {
	var (
		unavailable *serviceerror.Unavailable
		exhausted   *serviceerror.ResourceExhausted
		deadline    *serviceerror.DeadlineExceeded
		internal    *serviceerror.Internal
		namespace   *serviceerror.NamespaceNotFound
		denied      *serviceerror.PermissionDenied
	)
	switch {
	case temporal.IsWorkflowExecutionAlreadyStartedError(err):
		return errors.Join(inbox.ErrClosed, err)
	case errors.As(err, &exhausted) && exhausted.Cause == enumspb.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW:
		return err // only this workflow is busy
	case errors.As(err, &unavailable), errors.As(err, &exhausted), errors.As(err, &deadline), errors.As(err, &internal),
		errors.As(err, &namespace), errors.As(err, &denied), errors.Is(err, context.DeadlineExceeded):
		return errors.Join(inbox.ErrUnavailable, err)
	}
	return err
}

// Opened sends the workflow the hint that the merchant opened Link. The hint is in the inbox as well, so an error only
// makes it slower.
func (s *Starter) Opened(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error) {
	return s.update(ctx, id, workflows.UpdateOpened, h)
}

// Completed sends the workflow the hint that the browser reports success. It waits until Plaid was asked, and returns
// how the Item then stands.
func (s *Starter) Completed(ctx context.Context, id item.ID, h item.Hint) (workflows.Standing, error) {
	return s.update(ctx, id, workflows.UpdateCompleted, h)
}

func (s *Starter) update(ctx context.Context, id item.ID, name string, h item.Hint) (workflows.Standing, error) {
	wid := workflows.ID(s.environment, id)
	handle, err := s.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: wid, UpdateName: name, Args: []any{h}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return workflows.Standing{}, fmt.Errorf("update %s of %s: %w", name, wid, err)
	}
	var standing workflows.Standing
	if err := handle.Get(ctx, &standing); err != nil { // a rejected update fails here, not above
		return workflows.Standing{}, fmt.Errorf("update %s of %s: %w", name, wid, err)
	}
	return standing, nil
}

// Run returns the workflow id of an Item and the id of its current run.
func (s *Starter) Run(ctx context.Context, id item.ID) (workflowID, runID string, err error) {
	wid := workflows.ID(s.environment, id)
	d, err := s.temporal.DescribeWorkflowExecution(ctx, wid, "")
	if err != nil {
		return "", "", fmt.Errorf("describe %s: %w", wid, err)
	}
	return wid, d.GetWorkflowExecutionInfo().GetExecution().GetRunId(), nil
}

// Healthy returns an error when Temporal does not answer.
func (s *Starter) Healthy(ctx context.Context) error {
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("check Temporal's health: %w", err)
	}
	return nil
}
