package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
	"relink/workflows"
)

var webhook = item.Message{Key: "plaid.webhook/17", Destination: item.ToPlatform, Event: item.PlaidWebhook}

// delivery is one message's way: a platform that answers as it is told, and what was given up.
type delivery struct {
	env   *testsuite.TestWorkflowEnvironment
	began time.Time

	mu      sync.Mutex
	answer  func(try int) error
	tries   []time.Duration // since the beginning
	givenUp []activities.Undelivered
	queue   string // where it is done
}

func newDelivery(t *testing.T, answer func(try int) error) *delivery {
	t.Helper()
	var (
		suite    testsuite.WorkflowTestSuite
		platform *activities.Platform
		outbox   *activities.Outbox
	)
	d := &delivery{env: suite.NewTestWorkflowEnvironment(), answer: answer}
	d.env.RegisterWorkflowWithOptions(workflows.Deliver, workflow.RegisterOptions{Name: workflows.TypeDeliver})
	d.env.RegisterActivity(&activities.Platform{})
	d.env.RegisterActivity(&activities.Outbox{})
	d.env.OnActivity(platform.TellPlatform, mock.Anything, mock.Anything).Return(d.tell)
	d.env.OnActivity(outbox.GiveUp, mock.Anything, mock.Anything).Return(d.giveUp)
	d.env.SetTestTimeout(20 * time.Second)
	d.began = d.env.Now()
	return d
}

func (d *delivery) tell(_ context.Context, in activities.Tell) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in.Key != webhook.Key {
		return temporal.NewNonRetryableApplicationError("told "+in.Key, "Test", nil)
	}
	d.tries = append(d.tries, d.env.Now().Sub(d.began))
	return d.answer(len(d.tries))
}

func (d *delivery) giveUp(_ context.Context, in activities.Undelivered) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.givenUp = append(d.givenUp, in)
	return nil
}

func (d *delivery) run(t *testing.T) error {
	t.Helper()
	d.env.ExecuteWorkflow(workflows.TypeDeliver, webhook)
	require.True(t, d.env.IsWorkflowCompleted())
	return d.env.GetWorkflowError()
}

func TestADeliveryEndsWithThePlatformsAnswer(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error { return nil })
	require.NoError(t, d.run(t))
	require.Len(t, d.tries, 1)
	require.Empty(t, d.givenUp)
}

func TestADeliveryIsTriedMoreAndMoreSlowly(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(try int) error {
		if try < 8 {
			return temporal.NewApplicationError("platform: status 503", "TryAgain")
		}
		return nil
	})
	d.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.queue = info.TaskQueue
	})
	require.NoError(t, d.run(t))
	want := 5 * time.Second
	for i := range d.tries[1:] {
		require.Equal(t, want, (d.tries[i+1] - d.tries[i]).Round(time.Second))
		want *= 2
	}
	require.Equal(t, workflows.PlatformQueue("default-test-taskqueue"), d.queue, "a slow platform holds nobody else's work")
	require.Empty(t, d.givenUp)
}

func TestADeliveryComesBackWhenThePlatformSays(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(try int) error {
		if try == 1 {
			return temporal.NewApplicationErrorWithOptions("platform: status 503", "Throttled", temporal.ApplicationErrorOptions{NextRetryDelay: 17 * time.Minute})
		}
		return nil
	})
	require.NoError(t, d.run(t))
	require.Equal(t, 17*time.Minute, (d.tries[1] - d.tries[0]).Round(time.Second))
}

func TestADeliveryIsGivenUpAfterThreeDaysAndFails(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error { // the test suite allows ten tries
		return temporal.NewApplicationErrorWithOptions("platform: status 503", "Throttled", temporal.ApplicationErrorOptions{NextRetryDelay: 10 * time.Hour})
	})
	require.Error(t, d.run(t), "operations find it among the failed ones")
	require.Len(t, d.tries, 8, "the ninth would be after 80 hours")
	require.Equal(t, []activities.Undelivered{{Key: webhook.Key, Why: "platform: status 503"}}, d.givenUp)
}

func TestADeliveryThatNoTryCanHelpIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error {
		return temporal.NewNonRetryableApplicationError("platform: status 410", "Refused", nil)
	})
	require.ErrorContains(t, d.run(t), "platform: status 410")
	require.Len(t, d.tries, 1)
	require.Equal(t, []activities.Undelivered{{Key: webhook.Key, Why: "platform: status 410"}}, d.givenUp)
}

func TestACancelledDeliveryIsMarkedAsSuch(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error { return temporal.NewApplicationError("platform: status 500", "TryAgain") })
	d.env.RegisterDelayedCallback(d.env.CancelWorkflow, 10*time.Minute)
	require.Error(t, d.run(t))
	require.Equal(t, []activities.Undelivered{{Key: webhook.Key, Why: "cancelled"}}, d.givenUp)
}

func TestADeliveryIsNamedByItsKeyAndItsEnvironment(t *testing.T) {
	t.Parallel()
	require.Equal(t, "deliver-sandbox-plaid.webhook/17", workflows.DeliveryID("sandbox", webhook.Key))
	require.Equal(t, "plaid.webhook to the platform", workflows.DeliverySummary(webhook))
}
