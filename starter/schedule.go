package starter

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"relink/internal/policy"
	"relink/workflows"
)

// policies returns the policy in force.
type policies interface {
	Policy(ctx context.Context) (policy.Policy, error)
}

// schedulePoll is how often the schedule is compared with the policy.
const schedulePoll = time.Minute

// KeepReconcile keeps the schedule of reconcile as the policy says, until ctx ends. While Temporal or Postgres is away
// it tries again every minute. It always returns nil.
func (s *Starter) KeepReconcile(ctx context.Context, p policies, log *zap.Logger) error {
	tick := time.NewTicker(schedulePoll)
	defer tick.Stop()
	var done time.Duration
	for {
		inForce, err := p.Policy(ctx)
		if err == nil && inForce.Reconcile.Every != done {
			if err = s.EnsureReconcile(ctx, inForce.Reconcile.Every); err == nil {
				done = inForce.Reconcile.Every
			}
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("the schedule of reconcile could not be updated", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// EnsureReconcile creates or updates the schedule that starts a walk over all Items at that interval. Any number of
// workers may call it: there is one schedule, and it changes only when the interval does.
func (s *Starter) EnsureReconcile(ctx context.Context, every time.Duration) error {
	id := workflows.ReconcileID(s.environment)
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
	_, err := s.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: id, Spec: spec,
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, // while a walk takes longer than the interval, one is enough
		Action:  s.reconcileAction(),
		Note:    "compares every Item with Plaid's answer",
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("create schedule %s: %w", id, err)
	}
	err = s.temporal.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := in.Description.Schedule
			if now.Spec != nil && len(now.Spec.Intervals) == 1 && now.Spec.Intervals[0].Every == every {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			now.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &now}, nil
		},
	})
	if err != nil {
		return fmt.Errorf("update schedule %s: %w", id, err)
	}
	return nil
}

func (s *Starter) reconcileAction() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID: workflows.ReconcileID(s.environment), Workflow: workflows.TypeReconcile, Args: []any{workflows.ReconcileState{}}, TaskQueue: s.queue,
		StaticSummary: "all Items, held against Plaid's word",
	}
}

// ReconcileNow starts a walk over all Items at once, unless one is running.
func (s *Starter) ReconcileNow(ctx context.Context) error {
	id := workflows.ReconcileID(s.environment)
	once := client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP}
	err := s.temporal.ScheduleClient().GetHandle(ctx, id).Trigger(ctx, once)
	if err != nil {
		return fmt.Errorf("trigger schedule %s: %w", id, err)
	}
	return nil
}
