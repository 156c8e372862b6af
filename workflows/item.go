package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relink/internal/item"
)

// ItemWorkflow is the workflow TypeItem. Its Rules decide everything; it only moves events in and effects out.
type ItemWorkflow struct{ Rules item.Rules }

// Run is the life of one Item: it takes in hints and updates, asks Plaid, keeps the record and mails the merchant.
// It ends when the Item is removed, and continues as new when an incident is over or its history grows long.
func (w ItemWorkflow) Run(ctx workflow.Context, in Input) error {
	r := newRun(ctx, w.Rules, in)
	if err := r.handleUpdates(ctx); err != nil {
		return err
	}
	if err := r.load(ctx); err != nil {
		return err
	}
	for !r.left(ctx) {
		if err := r.step(ctx); err != nil {
			return err
		}
	}
	if r.life.State == item.Removed {
		return nil
	}
	return workflow.NewContinueAsNewError(ctx, TypeItem, Input{ItemID: r.id, Carried: &Carried{Item: r.item, Life: r.life}})
}

// step does the one thing that is to be done now.
func (r *run) step(ctx workflow.Context) error {
	r.absorb(ctx)
	r.stopUnwantedMail()
	r.show(ctx)
	switch next := r.rules.Next(r.life, workflow.Now(ctx)); next.Do {
	case item.Record:
		return r.record(ctx)
	case item.Ask:
		return r.ask(ctx)
	case item.MakePlan:
		return r.plan(ctx)
	case item.Send:
		r.startMail(ctx, next.Mail)
		return nil
	case item.Escalate:
		r.escalate(ctx)
		return nil
	case item.Remove:
		return r.remove(ctx)
	default:
		return r.wait(ctx, next.Until)
	}
}

// mayLeave reports that the run may end: the life is over, or the incident is over and nothing is owed, or the server
// suggests to continue as new.
func (r *run) mayLeave(ctx workflow.Context) bool {
	if !workflow.AllHandlersFinished(ctx) || r.unread() || len(r.life.Unrecorded) > 0 {
		return false
	}
	return r.life.State == item.Removed || (r.incidentEnded && r.life.Idle()) || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// left reports that the run has ended, with nothing lost: a mail under way is cancelled and left to the next run, and a
// hint or an update that came meanwhile keeps this run going. Nothing yields between its last look and the end of the
// run.
func (r *run) left(ctx workflow.Context) bool {
	if !r.mayLeave(ctx) {
		return false
	}
	r.stopMail()
	if err := workflow.Await(ctx, func() bool { return r.mail == nil }); err != nil {
		return false // cancelled: the next step returns the error
	}
	return r.mayLeave(ctx)
}
