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
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/policy"
	"relink/workflows"
)

const itemID item.ID = "itm_1"

var itemRef = item.Ref{
	ID: itemID, Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue Bottle",
	InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7",
}

// fixture is a workflow environment with fakes behind the activities: a Plaid whose answers the test sets, records in
// memory, and a mail server that can be down.
type fixture struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment

	mu          sync.Mutex
	code        string // the error code that Plaid answers
	removed     bool
	asked       int
	loads       int
	transitions []item.Transition
	mailed      []sentMail
	mailError   error
	life        item.Life
	policy      policy.Policy
	zone        *time.Location
	answer      item.PlaidStatus // the rest of Plaid's answer
	held        *activities.Sent
	removals    int
}

// strict returns production's rules, under which a change of state that the table does not hold fails the test.
func strict() item.Rules {
	rules := item.ProductionRules()
	rules.Strict = true
	return rules
}

type sentMail struct {
	ref item.MailRef
	at  time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	f := &fixture{t: t, env: suite.NewTestWorkflowEnvironment(), life: item.Life{State: item.Connected}, zone: time.UTC}
	f.policy = policy.Default()
	f.policy.Everybody.SecondLook, f.policy.Everybody.Quiet = 0, policy.Quiet{}
	f.env.RegisterWorkflowWithOptions(workflows.ItemWorkflow{Rules: strict()}.Run, workflow.RegisterOptions{Name: workflows.TypeItem})
	var (
		plaid   *activities.Plaid
		mail    *activities.Mail
		records *activities.Records
	)
	f.env.RegisterActivity(&activities.Plaid{})
	f.env.RegisterActivity(&activities.Mail{})
	f.env.RegisterActivity(&activities.Records{})
	f.env.OnActivity(plaid.AskPlaid, mock.Anything, mock.Anything).Return(f.ask)
	f.env.OnActivity(plaid.RemoveItem, mock.Anything, mock.Anything).Return(f.remove)
	f.env.OnActivity(mail.SendMail, mock.Anything, mock.Anything).Return(f.send)
	f.env.OnActivity(records.LoadItem, mock.Anything, mock.Anything).Return(f.load)
	f.env.OnActivity(records.RecordTransitions, mock.Anything, mock.Anything).Return(f.record)
	f.env.OnActivity(records.PlanReminder, mock.Anything, mock.Anything).Return(f.plan)
	f.env.SetTestTimeout(20 * time.Second)
	return f
}

func (f *fixture) ask(context.Context, activities.Ask) (item.PlaidStatus, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	status := f.answer
	status.ErrorCode, status.Gone = f.code, f.removed
	return status, nil
}

func (f *fixture) remove(context.Context, item.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removals++
	return nil
}

func (f *fixture) send(_ context.Context, in activities.Send) (activities.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mailError != nil {
		return activities.Sent{}, f.mailError
	}
	if f.held != nil {
		return *f.held, nil
	}
	f.mailed = append(f.mailed, sentMail{in.Mail, f.env.Now()})
	return activities.Sent{Outcome: item.MailSent, MessageID: "x@example.com"}, nil
}

func (f *fixture) load(context.Context, item.ID) (activities.StoredItem, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loads++
	return activities.StoredItem{Item: itemRef, Life: f.life}, nil
}

func (f *fixture) record(_ context.Context, in activities.Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.transitions = append(f.transitions, in.Transitions...)
	return nil
}

func (f *fixture) plan(_ context.Context, in activities.PlanFor) (activities.Planned, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := policy.Situation{BrokenSince: in.BrokenSince, EndsAt: in.EndsAt, Zone: f.zone, Now: f.env.Now()}
	for _, m := range f.mailed {
		if m.ref.Kind == in.Kind && m.ref.Incident == in.Incident {
			s.Used, s.LastUsed = s.Used+1, m.at
		}
		if m.ref.Kind.Reminds() {
			s.LastMail = m.at
		}
	}
	plan := f.policy.For(in.Cause, itemRef.Partner, itemRef.MerchantID).Next(s)
	if in.SendNow {
		plan = item.Plan{Step: s.Used + 1, At: f.env.Now()}
	}
	if in.UserPresent {
		plan = item.Plan{Exhausted: true, Why: "the bank asks every time"}
	}
	return activities.Planned{Plan: plan, Used: s.Used, Kind: in.Kind}, nil
}

// says sets the error code that Plaid answers from now on.
func (f *fixture) says(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.code = code
}

func (f *fixture) removeAtPlaid() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed = true
}

func (f *fixture) mailServer(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailError = err
}

// mails returns the mails that were sent, in order.
func (f *fixture) mails() []item.MailRef {
	f.mu.Lock()
	defer f.mu.Unlock()
	var mails []item.MailRef
	for _, m := range f.mailed {
		mails = append(mails, m.ref)
	}
	return mails
}

func (f *fixture) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for _, t := range f.transitions {
		keys = append(keys, t.Key())
	}
	return keys
}

// after schedules do at d after the beginning of the run.
func (f *fixture) after(d time.Duration, do func()) { f.env.RegisterDelayedCallback(do, d) }

// whenStarted calls do whenever an activity of this type begins, before its result is there.
func (f *fixture) whenStarted(activityType string, do func()) {
	f.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == activityType {
			do()
		}
	})
}

func (f *fixture) hint(h item.Hint) {
	f.env.SignalWorkflow(workflows.SignalHint, workflows.Hints{Hints: []item.Hint{h}})
}

func (f *fixture) status() workflows.Status {
	f.t.Helper()
	value, err := f.env.QueryWorkflow(workflows.QueryStatus)
	require.NoError(f.t, err)
	var s workflows.Status
	require.NoError(f.t, value.Get(&s))
	return s
}

// run runs the workflow until it closes, or cancels it when most has passed. It returns what the run carries into the
// next one; nil when there is none.
func (f *fixture) run(in workflows.Input, most time.Duration) *workflows.Carried {
	f.t.Helper()
	f.after(most, f.env.CancelWorkflow)
	f.env.ExecuteWorkflow(workflows.TypeItem, in)
	require.True(f.t, f.env.IsWorkflowCompleted())
	err := f.env.GetWorkflowError()
	var again *workflow.ContinueAsNewError
	if !errorAs(err, &again) {
		return nil
	}
	var next workflows.Input
	require.NoError(f.t, dataConverter.FromPayloads(again.Input, &next))
	require.Equal(f.t, itemID, next.ItemID)
	return next.Carried
}

func errorHint(id int64) item.Hint {
	return item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{id}}
}

const year = 365 * day

// began is a Monday morning in every time zone that the tests use.
var began = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// announce signals a signed webhook that announces an end.
func (f *fixture) announce(ends time.Time, reason string) {
	f.hint(item.Hint{
		Source: item.FromWebhook, Code: item.PendingDisconnect, Reason: reason, InboxIDs: []int64{5}, Until: ends,
		At: f.env.Now(),
	})
}

// becomes sets Plaid's answer from now on, and makes the workflow ask.
func (f *fixture) becomes(status item.PlaidStatus) {
	f.mu.Lock()
	f.code, f.answer, f.removed = status.ErrorCode, status, status.Gone
	f.mu.Unlock()
	f.hint(item.Hint{Source: item.FromReconcile, Code: "reconcile", InboxIDs: []int64{9}})
}

func (f *fixture) command(c item.OperatorCommand) { f.env.SignalWorkflow(workflows.SignalOperator, c) }

// steps returns the recorded transitions in readable form.
func (f *fixture) steps() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var steps []string
	for _, t := range f.transitions {
		text := t.Key() + " " + string(t.To)
		if t.By != "" {
			text += " by " + string(t.By)
		}
		steps = append(steps, text)
	}
	return steps
}
