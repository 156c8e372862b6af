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
	"relink/internal/neighbour"
	"relink/workflows"
)

var webhook = neighbour.Envelope{Key: "plaid.webhook/17", Destination: neighbour.Platform, Event: neighbour.PlaidWebhook}

// delivery is the delivery of one message, with a fake neighbour, and records what was given up.
type delivery struct {
	env     *testsuite.TestWorkflowEnvironment
	message neighbour.Envelope
	began   time.Time

	mu       sync.Mutex
	answer   func(try int) error
	tries    []time.Duration // since the beginning
	givenUp  []activities.Undelivered
	queue    string // of the last activity that sent
	activity string // its name
}

// newDelivery returns the delivery of a webhook to the platform.
func newDelivery(t *testing.T, answer func(try int) error) *delivery {
	t.Helper()
	return newDeliveryOf(t, webhook, answer)
}

func newDeliveryOf(t *testing.T, m neighbour.Envelope, answer func(try int) error) *delivery {
	t.Helper()
	var (
		suite  testsuite.WorkflowTestSuite
		outbox *activities.Outbox
	)
	d := &delivery{env: suite.NewTestWorkflowEnvironment(), message: m, answer: answer}
	d.env.RegisterWorkflowWithOptions(workflows.Deliver, workflow.RegisterOptions{Name: workflows.TypeDeliver})
	names := []string{"TellPlatform", "SendMessage"} // as histories have them
	for _, name := range names {
		d.env.RegisterActivityWithOptions((&activities.Sender{}).SendMessage, activity.RegisterOptions{Name: name})
	}
	d.env.RegisterActivity(&activities.Outbox{})
	for _, name := range names {
		d.env.OnActivity(name, mock.Anything, mock.Anything).Return(d.send)
	}
	d.env.OnActivity(outbox.GiveUp, mock.Anything, mock.Anything).Return(d.giveUp)
	d.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if info.ActivityType.Name != "GiveUp" {
			d.queue, d.activity = info.TaskQueue, info.ActivityType.Name
		}
	})
	d.env.SetTestTimeout(20 * time.Second)
	d.began = d.env.Now()
	return d
}

func (d *delivery) send(_ context.Context, in activities.Delivery) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in.Key != d.message.Key {
		return temporal.NewNonRetryableApplicationError("sent "+in.Key, "Test", nil)
	}
	d.tries = append(d.tries, d.env.Now().Sub(d.began))
	return d.answer(len(d.tries))
}

// throttled returns the error of a neighbour that asks for the next try after wait.
func throttled(wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions("platform: status 503", "Throttled", temporal.ApplicationErrorOptions{
		NextRetryDelay: wait,
	})
}

func (d *delivery) giveUp(_ context.Context, in activities.Undelivered) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.givenUp = append(d.givenUp, in)
	return nil
}

func (d *delivery) run(t *testing.T) error {
	t.Helper()
	d.env.ExecuteWorkflow(workflows.TypeDeliver, d.message)
	require.True(t, d.env.IsWorkflowCompleted())
	return d.env.GetWorkflowError()
}

func TestDeliver_endsWithTheNeighboursAnswer(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error { return nil })
	require.NoError(t, d.run(t))
	require.Len(t, d.tries, 1)
	require.Empty(t, d.givenUp)
}

func TestDeliver_isTriedMoreAndMoreSlowly(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(try int) error {
		if try < 8 {
			return temporal.NewApplicationError("platform: status 503", "TryAgain")
		}
		return nil
	})
	require.NoError(t, d.run(t))
	want := 5 * time.Second
	for i := range d.tries[1:] {
		require.Equal(t, want, (d.tries[i+1] - d.tries[i]).Round(time.Second))
		want *= 2
	}
	require.Empty(t, d.givenUp)
}

func TestDeliver_eachNeighbourHasAQueueOfItsOwn(t *testing.T) {
	t.Parallel()
	for destination, name := range map[string]string{"platform": "TellPlatform", "echo": "SendMessage", "hubspot": "SendMessage"} {
		m := neighbour.Envelope{Key: destination + "/itm_1/1/opened", Destination: destination, Event: "item.login_required"}
		d := newDeliveryOf(t, m, func(int) error { return nil })
		require.NoError(t, d.run(t))
		require.Equal(t, "default-test-taskqueue-"+destination, d.queue, "a slow neighbour delays no other")
		require.Equal(t, name, d.activity)
	}
	require.Equal(t, "relink-platform", workflows.NeighbourQueue(workflows.Queue, neighbour.Platform))
}

func TestDeliver_comesBackWhenTheNeighbourSays(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(try int) error {
		if try == 1 {
			return throttled(17 * time.Minute)
		}
		return nil
	})
	require.NoError(t, d.run(t))
	require.Equal(t, 17*time.Minute, (d.tries[1] - d.tries[0]).Round(time.Second))
}

func TestDeliver_isGivenUpAfterThreeDaysAndFails(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error { // the test suite allows ten tries
		return throttled(10 * time.Hour)
	})
	require.Error(t, d.run(t), "operators find it among the failed workflows")
	require.Len(t, d.tries, 8, "the ninth would be after 80 hours")
	require.Equal(t, []activities.Undelivered{{Key: webhook.Key, Why: "platform: status 503"}}, d.givenUp)
}

func TestDeliver_isGivenUpAtOnceWhenNoTryCanHelp(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error {
		return temporal.NewNonRetryableApplicationError("platform: status 410", "Refused", nil)
	})
	require.ErrorContains(t, d.run(t), "platform: status 410")
	require.Len(t, d.tries, 1)
	require.Equal(t, []activities.Undelivered{{Key: webhook.Key, Why: "platform: status 410"}}, d.givenUp)
}

func TestDeliver_cancelledIsMarkedAsCancelled(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, func(int) error { return temporal.NewApplicationError("platform: status 500", "TryAgain") })
	d.env.RegisterDelayedCallback(d.env.CancelWorkflow, 10*time.Minute)
	require.Error(t, d.run(t))
	require.Equal(t, []activities.Undelivered{{Key: webhook.Key, Why: "cancelled"}}, d.givenUp)
}

func TestDeliveryID_isTheEnvironmentAndTheKey(t *testing.T) {
	t.Parallel()
	require.Equal(t, "deliver-sandbox-plaid.webhook/17", workflows.DeliveryID("sandbox", webhook.Key))
	require.Equal(t, "plaid.webhook to the platform", workflows.DeliverySummary(webhook))
}
