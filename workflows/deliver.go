package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/neighbour"
)

// TypeDeliver is the workflow type of one message's delivery.
const TypeDeliver = "Deliver"

// DeliveryID returns the id of a message's workflow. It is made from the key, so that one workflow delivers a message.
func DeliveryID(environment, key string) string { return "deliver-" + environment + "-" + key }

// DeliverySummary returns what a delivery is about. Operators read it in the list of workflows.
func DeliverySummary(m neighbour.Envelope) string { return m.Event + " to the " + m.Destination }

// DeliveryAttributes returns the search attributes of a delivery. It starts with them, since they never change.
func DeliveryAttributes(environment string) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(environmentKey.ValueSet(environment))
}

// SendActivity returns the name of the activity that sends the messages to a destination. The platform's is older than
// the others, and recorded histories name it.
func SendActivity(destination string) string {
	if destination == neighbour.Platform {
		return "TellPlatform"
	}
	return "SendMessage"
}

var outbox *activities.Outbox

// Deliver sends one message to its neighbour, for as long as the activity's limits allow. A message that is given up is
// marked, and its workflow fails, so operators find it.
func Deliver(ctx workflow.Context, m neighbour.Envelope) error {
	sending := withNeighbour(ctx, m.Destination, DeliverySummary(m))
	err := workflow.ExecuteActivity(sending, SendActivity(m.Destination), activities.Delivery{Key: m.Key}).Get(ctx, nil)
	if err == nil {
		return nil
	}
	rest, cancel := workflow.NewDisconnectedContext(ctx) // a cancelled delivery is given up as well
	defer cancel()
	in := activities.Undelivered{Key: m.Key, Why: whyUndelivered(err)}
	if ctx.Err() != nil { // the try that was under way may fail before it learns of the cancellation
		in.Why = "cancelled"
	}
	if err := workflow.ExecuteActivity(withDatabase(rest, "give up"), outbox.GiveUp, in).Get(rest, nil); err != nil {
		workflow.GetLogger(ctx).Error("a message that was given up is not marked", "key", m.Key, "error", err)
	}
	return err
}

// whyUndelivered returns the last thing that went wrong, without the SDK's words around it, which name machines.
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
