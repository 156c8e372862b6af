package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
)

// TypeReconcile is the workflow type of the walk over all Items. A Temporal Schedule starts it.
const TypeReconcile = "Reconcile"

// ReconcileID returns the id of the schedule, which is also that of the workflows that it starts.
func ReconcileID(environment string) string { return "reconcile-" + environment }

const (
	// reconcilePage Items are examined before the next ones are listed. The task queue keeps Plaid's limits, for all
	// workers together; the page only bounds what waits in the queue.
	reconcilePage = 50
	// reconcilePages pages make a run, which is some 8,000 events.
	reconcilePages = 50
)

// ReconcileState is the argument of Reconcile. One run passes it to the next.
type ReconcileState struct {
	After item.ID         `json:"after,omitempty"`
	Found ReconcileReport `json:"found,omitzero"`
}

// ReconcileReport is what a walk over all Items found.
type ReconcileReport struct {
	Examined      int                     `json:"examined"`
	Unanswered    int                     `json:"unanswered,omitempty"` // Items about which Plaid did not answer
	Differences   map[item.Difference]int `json:"differences,omitempty"`
	Stale         int                     `json:"stale,omitempty"`
	WrongWebhooks int                     `json:"wrong_webhooks,omitempty"`
	Repaired      int                     `json:"repaired,omitempty"`
	LongBroken    int                     `json:"long_broken,omitempty"`
}

var reconcile *activities.Reconcile

// Reconcile compares every Item with Plaid's answer and leaves a hint where the two differ. It makes up for lost
// webhooks. It returns what it found.
func Reconcile(ctx workflow.Context, walk ReconcileState) (ReconcileReport, error) {
	if walk.Found.Differences == nil {
		walk.Found.Differences = map[item.Difference]int{}
	}
	for range reconcilePages {
		var ids []item.ID
		page := activities.Page{After: walk.After, Limit: reconcilePage}
		if err := workflow.ExecuteActivity(withDatabase(ctx, "list the next Items"), reconcile.ListItems, page).Get(ctx, &ids); err != nil {
			return walk.Found, err
		}
		if err := walk.examine(ctx, ids); err != nil {
			return walk.Found, err
		}
		workflow.SetCurrentDetails(ctx, walk.Found.details())
		if len(ids) < reconcilePage {
			workflow.GetLogger(ctx).Info("items reconciled", "found", walk.Found)
			return walk.Found, nil
		}
		walk.After = ids[len(ids)-1]
	}
	return walk.Found, workflow.NewContinueAsNewError(ctx, TypeReconcile, walk)
}

// examine asks about all Items of a page at once. It counts an Item about which Plaid did not answer, and goes on.
func (w *ReconcileState) examine(ctx workflow.Context, ids []item.ID) error {
	asked := make([]workflow.Future, len(ids))
	for i, id := range ids {
		asked[i] = workflow.ExecuteActivity(withPlaid(ctx, "examine "+string(id)), reconcile.ExamineItem, id)
	}
	for _, question := range asked {
		var e activities.ItemReport
		err := question.Get(ctx, &e)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.Found.add(e, err)
	}
	return nil
}

func (f *ReconcileReport) add(e activities.ItemReport, err error) {
	f.Examined++
	if err != nil {
		f.Unanswered++
		return
	}
	if e.Difference != item.Same {
		f.Differences[e.Difference]++
	}
	count(&f.Stale, e.Stale)
	count(&f.WrongWebhooks, e.WrongWebhook)
	count(&f.Repaired, e.Repaired)
	count(&f.LongBroken, e.LongBroken)
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}
