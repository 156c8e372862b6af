// Package wire holds the tests of relink's wire: everything that is stored in Postgres, carried by Temporal or read by
// programs of others as JSON. What was written by an earlier release must be read by the next one, whatever its Go
// names.
//
// Start reading at wire, the one list of what goes through JSON.
package wire_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/neighbour"
	"relink/internal/readmodel"
	"relink/internal/tasks"
	"relink/workflows"
)

// wire names everything that goes through JSON: what is stored, what workflows take and return, and what routes and
// --json answer with. The names are those of the golden files in testdata; activities are added by their methods.
func wire() map[string]reflect.Type {
	all := map[string]reflect.Type{
		"stored mail":       typeOf[mailing.Content](), // mails.notice
		"stored transition": typeOf[item.Transition](),
		"stored consent":    typeOf[enrolment.Consent](),

		"workflow Item":      typeOf[workflows.Input](),
		"workflow Reconcile": typeOf[workflows.ReconcileState](),
		"workflow Deliver":   typeOf[neighbour.Envelope](),
		"signal hint":        typeOf[workflows.Hints](),
		"signal operator":    typeOf[item.OperatorCommand](),
		"update argument":    typeOf[item.Hint](),
		"update result":      typeOf[workflows.Standing](),
		"query status":       typeOf[workflows.Status](),

		"answered suppression":  typeOf[mailing.Suppression](),
		"answered bounced mail": typeOf[mailing.BouncedMail](),
		"answered task":         typeOf[tasks.Listed](),
		"answered pause":        typeOf[mailing.Pause](),
		"answered dead letter":  typeOf[inbox.DeadLetter](),
		"answered dead filter":  typeOf[inbox.DeadFilter](),
		"answered dead tally":   typeOf[inbox.DeadTally](),
		"answered moment":       typeOf[readmodel.TimelineEntry](),
		"answered enrolment":    typeOf[enrolment.Tally](),
	}
	for name, a := range recordedActivities() {
		all["activity "+name] = a.argument
		if a.result != nil {
			all["activity "+name+" result"] = a.result
		}
	}
	return all
}

// recordedActivity is what one activity takes and returns; result is nil for an activity that returns only an error.
type recordedActivity struct{ argument, result reflect.Type }

// recordedActivities returns all activities by the name that histories know them by: the name of their method.
func recordedActivities() map[string]recordedActivity {
	found := map[string]recordedActivity{}
	for _, holder := range []reflect.Type{
		typeOf[*activities.Plaid](), typeOf[*activities.Mail](), typeOf[*activities.Records](), typeOf[*activities.Reconcile](),
		typeOf[*activities.Sender](), typeOf[*activities.Outbox](),
	} {
		for i := range holder.NumMethod() {
			m := holder.Method(i)
			a := recordedActivity{argument: m.Type.In(2)} // after the receiver and the context
			if m.Type.NumOut() > 1 {
				a.result = m.Type.Out(0)
			}
			found[m.Name] = a
		}
	}
	// One method, registered under a name for the platform and under another for the other neighbours.
	found[workflows.SendActivity(neighbour.Platform)] = found[workflows.SendActivity("")]
	return found
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

func TestWire_hasAnActivityOfEveryHolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"AskPlaid", "SendMail", "LoadItem", "RecordTransitions", "PlanReminder", "ExamineItem",
		"TellPlatform", "GiveUp",
	} {
		require.Contains(t, recordedActivities(), name)
	}
}
