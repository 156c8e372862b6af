package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
)

// TypeDeliver is the workflow type of one message's delivery.
const TypeDeliver = "Deliver"

// DeliveryID answers the id of a message's workflow: its key, so that a message is delivered by one.
func DeliveryID(environment, key string) string { return "deliver-" + environment + "-" + key }

// DeliverySummary says what a delivery is about; operations read it in the list of workflows.
func DeliverySummary(m item.Message) string { return m.Event + " to the " + m.Destination }

// DeliveryAttributes are the search attributes of a delivery. It starts with them, since they never change.
func DeliveryAttributes(environment string) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(environmentKey.ValueSet(environment))
}

var (
	platform *activities.Platform
	outbox   *activities.Outbox
)

// Deliver tells a neighbour one message, however long that takes within the activity's limits. A message that was given
// up is marked, and its workflow fails, for operations to find.
func Deliver(ctx workflow.Context, m item.Message) error {
	err := workflow.ExecuteActivity(withPlatform(ctx, DeliverySummary(m)), platform.TellPlatform, activities.Tell{Key: m.Key}).Get(ctx, nil)
	if err == nil {
		return nil
	}
	rest, cancel := workflow.NewDisconnectedContext(ctx) // a delivery that somebody cancelled is given up as well
	defer cancel()
	in := activities.Undelivered{Key: m.Key, Why: whyUndelivered(err)}
	if ctx.Err() != nil { // the try that was under way may fail before it hears of it
		in.Why = "cancelled"
	}
	if err := workflow.ExecuteActivity(withMemory(rest, "give up"), outbox.GiveUp, in).Get(rest, nil); err != nil {
		workflow.GetLogger(ctx).Error("a message that was given up is not marked", "key", m.Key, "error", err)
	}
	return err
}

// whyUndelivered is the last thing that went wrong, without the SDK's words around it, which name machines.
func whyUndelivered(err error) string {
	var (
		app     *temporal.ApplicationError
		timeout *temporal.TimeoutError
	)
	switch {
	case errors.As(err, &app):
		return app.Message()
	case errors.As(err, &timeout):
		return "nobody did it in time"
	}
	return "unknown"
}
