package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Each kind of dependency has one retry policy. Retries are bounded by time, never by count.

// withDatabase is for our own database. A try is short, and retries go on for as long as it takes.
func withDatabase(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second,
		},
		Summary: summary,
	})
}

// withPlaid is for questions to Plaid. A question is given up after an hour; the rules ask again later.
func withPlaid(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              PlaidQueue(workflow.GetInfo(ctx).TaskQueueName),
		StartToCloseTimeout:    20 * time.Second,
		ScheduleToCloseTimeout: time.Hour,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
		},
		Summary: summary,
	})
}

// withPlaidForever is for what must be done at Plaid. Retries go on for as long as it takes.
func withPlaidForever(ctx workflow.Context, summary string) workflow.Context {
	opts := workflow.GetActivityOptions(withPlaid(ctx, summary))
	opts.ScheduleToCloseTimeout = 0
	return workflow.WithActivityOptions(ctx, opts)
}

// withMail is for mails. Cancellation waits for the attempt under way: the mail server may still take it, and then the
// mail counts as sent.
func withMail(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              MailQueue(workflow.GetInfo(ctx).TaskQueueName),
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 24 * time.Hour,
		WaitForCancellation:    true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Minute,
		},
		Summary: summary,
	})
}

// withNeighbour is for messages to a neighbour: each is tried for three days, which outlasts a weekend.
func withNeighbour(ctx workflow.Context, destination, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              NeighbourQueue(workflow.GetInfo(ctx).TaskQueueName, destination),
		StartToCloseTimeout:    20 * time.Second,
		ScheduleToCloseTimeout: 3 * 24 * time.Hour,
		WaitForCancellation:    true,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: time.Hour},
		Summary:                summary,
	})
}
