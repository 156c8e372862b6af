package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
)

// Activities are named by a method value on a nil pointer: a method expression would make the receiver an argument.
var (
	plaid   *activities.Plaid
	mail    *activities.Mail
	records *activities.Records
)

// run is one run of an Item's workflow.
type run struct {
	// rules are fixed for the whole run. A version of the rules, recorded at the start of the run, belongs here too.
	rules    item.Rules
	id       item.ID
	item     item.Ref
	life     item.Life
	loaded   bool
	hints    workflow.ReceiveChannel
	commands workflow.ReceiveChannel
	alarm    alarm
	mail     *mailUnderWay
	shown    attributes

	// news is set when anything outside the main coroutine changes the life, so that the main coroutine looks again.
	news bool
	// queries counts the questions to Plaid in this run, answered those that are over. An update waits for a question
	// that began after it.
	queries, answered int
	// incidentEnded is set when this run recorded the end of an incident.
	incidentEnded bool
}

func newRun(ctx workflow.Context, rules item.Rules, in Input) *run {
	r := &run{
		rules: rules, id: in.ItemID, shown: attributesOf(ctx),
		hints: workflow.GetSignalChannel(ctx, SignalHint), commands: workflow.GetSignalChannel(ctx, SignalOperator),
	}
	if in.Carried != nil {
		r.item, r.life, r.loaded = in.Carried.Item, in.Carried.Life.Restored(), true
	}
	return r
}

// load fetches the Item's records from Postgres, for a run that carries nothing.
func (r *run) load(ctx workflow.Context) error {
	if r.loaded {
		return nil
	}
	var got activities.StoredItem
	err := workflow.ExecuteActivity(withDatabase(ctx, "recall the Item"), records.LoadItem, r.id).Get(ctx, &got)
	if err != nil {
		return err
	}
	r.item, r.life, r.loaded = got.Item, got.Life, true
	return nil
}

func (r *run) apply(e item.Event) {
	r.life = r.rules.Apply(r.life, e)
	r.news = true
}

// absorb folds every buffered hint and operator command into the life. It never blocks, so update handlers call it as
// well: an update may overtake signals that were sent before it.
func (r *run) absorb(ctx workflow.Context) {
	if !r.loaded {
		return
	}
	for {
		var batch Hints // fresh each time: decoding into a used value merges fields
		if !r.hints.ReceiveAsync(&batch) {
			break
		}
		for _, h := range batch.Hints {
			r.apply(item.Hinted{Hint: h})
		}
	}
	for {
		var command item.OperatorCommand
		if !r.commands.ReceiveAsync(&command) {
			return
		}
		if wrong := command.Wrong(); wrong != "" { // the command may come from a shell, and must not stop the Item
			workflow.GetLogger(ctx).Warn("operator command refused", "why", wrong)
			continue
		}
		r.apply(item.CommandIssued{Command: command, At: workflow.Now(ctx)})
	}
}

// unread reports that there are signals which are not folded in yet.
func (r *run) unread() bool { return r.hints.Len() > 0 || r.commands.Len() > 0 }

// wait blocks until there is news, until the given time (zero: without a timer), or until the run should end.
func (r *run) wait(ctx workflow.Context, until time.Time) error {
	r.alarm.set(ctx, until, r.dueThen(until))
	r.news = false
	return workflow.Await(ctx, func() bool {
		return r.news || r.unread() || r.alarm.rang() || r.mayLeave(ctx)
	})
}

// ask asks Plaid once. A hint that arrives meanwhile stays in the channel and leads to another question.
func (r *run) ask(ctx workflow.Context) error {
	r.queries++
	r.apply(item.AskStarted{})
	in := activities.Ask{ItemID: r.id, Accounts: r.life.State != item.Connected, LinkedSince: r.life.Expiry.Since}
	var status item.PlaidStatus
	err := workflow.ExecuteActivity(withPlaid(ctx, "ask Plaid: "+r.whyAsk()), plaid.AskPlaid, in).Get(ctx, &status)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		workflow.GetLogger(ctx).Warn("Plaid could not be asked", "error", err)
		r.apply(item.Unanswered{At: workflow.Now(ctx)})
	default:
		r.apply(item.Answered{Status: status, At: workflow.Now(ctx)})
	}
	r.answered = r.queries
	return nil
}

// record writes the unrecorded transitions. It is retried for as long as it takes: no decision may depend on a
// transition that could be lost.
func (r *run) record(ctx workflow.Context) error {
	todo := r.life.Unrecorded
	last := todo[len(todo)-1]
	ctxRecord := withDatabase(ctx, "record: "+string(last.Step)+", "+string(last.To))
	err := workflow.ExecuteActivity(ctxRecord, records.RecordTransitions, activities.Record{ItemID: r.id, Transitions: todo}).Get(ctx, nil)
	if err != nil {
		return err
	}
	r.apply(item.Recorded{Count: len(todo)})
	for _, t := range todo {
		r.incidentEnded = r.incidentEnded || t.Step == item.Closed
	}
	return nil
}

// plan plans the next reminder of the incident.
func (r *run) plan(ctx workflow.Context) error {
	in := activities.PlanFor{
		ItemID: r.id, Incident: r.life.Incident, Kind: r.life.MailKind(),
		State: r.life.State, Cause: r.life.Cause, BrokenSince: r.life.BrokenSince,
		SendNow: r.life.SendNow, UserPresent: r.life.UserPresent, Relinks: r.life.Relinks,
	}
	if in.State == item.Expiring {
		in.EndsAt = r.life.Expiry.At
	}
	var got activities.Planned
	err := workflow.ExecuteActivity(withDatabase(ctx, "plan the next reminder"), records.PlanReminder, in).Get(ctx, &got)
	if err != nil {
		return err
	}
	r.apply(item.Planned{Incident: in.Incident, Sent: got.Used, Kind: got.Kind, Plan: got.Plan, At: workflow.Now(ctx)})
	return nil
}

// escalate calls for a person: Postgres opens a task when it records the transition.
func (r *run) escalate(ctx workflow.Context) { r.apply(item.EscalationDue{At: workflow.Now(ctx)}) }

// remove asks Plaid to remove the Item, as an operator commanded.
func (r *run) remove(ctx workflow.Context) error {
	ctxRemove := withPlaidForever(ctx, "have Plaid remove the Item")
	if err := workflow.ExecuteActivity(ctxRemove, plaid.RemoveItem, r.id).Get(ctx, nil); err != nil {
		return err
	}
	r.apply(item.RemovedAtPlaid{At: workflow.Now(ctx)})
	return nil
}
