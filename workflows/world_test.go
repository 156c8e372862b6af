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

var card = item.Ref{
	ID: itemID, Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue Bottle",
	InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7",
}

// world is the other side of the activities: a bank that can break, a memory, a mail server that can be down.
type world struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment

	mu          sync.Mutex
	code        string // what Plaid answers
	removed     bool
	asked       int
	loads       int
	transitions []item.Transition
	mailed      []sentMail
	mailError   error
	life        item.Life
	policy      policy.Policy
	zone        *time.Location
	answer      item.PlaidStatus // beside the code
	held        *activities.Sent
	removals    int
}

// strict are production's rules, with a change of state that the table does not hold as a failure of the test.
func strict() item.Rules {
	rules := item.ProductionRules()
	rules.Strict = true
	return rules
}

type sentMail struct {
	letter item.MailRef
	at     time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	w := &world{t: t, env: suite.NewTestWorkflowEnvironment(), life: item.Life{State: item.Connected}, zone: time.UTC}
	w.policy = policy.Default()
	w.policy.Everybody.SecondLook, w.policy.Everybody.Quiet = 0, policy.Quiet{}
	w.env.RegisterWorkflowWithOptions(workflows.ItemWorkflow{Rules: strict()}.Run, workflow.RegisterOptions{Name: workflows.TypeItem})
	var (
		plaid  *activities.Plaid
		mail   *activities.Mail
		memory *activities.Records
	)
	w.env.RegisterActivity(&activities.Plaid{})
	w.env.RegisterActivity(&activities.Mail{})
	w.env.RegisterActivity(&activities.Records{})
	w.env.OnActivity(plaid.AskPlaid, mock.Anything, mock.Anything).Return(w.ask)
	w.env.OnActivity(plaid.RemoveItem, mock.Anything, mock.Anything).Return(w.remove)
	w.env.OnActivity(mail.SendMail, mock.Anything, mock.Anything).Return(w.send)
	w.env.OnActivity(memory.LoadItem, mock.Anything, mock.Anything).Return(w.load)
	w.env.OnActivity(memory.RecordTransitions, mock.Anything, mock.Anything).Return(w.record)
	w.env.OnActivity(memory.PlanReminder, mock.Anything, mock.Anything).Return(w.plan)
	w.env.SetTestTimeout(20 * time.Second)
	return w
}

func (w *world) ask(context.Context, activities.Ask) (item.PlaidStatus, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	truth := w.answer
	truth.ErrorCode, truth.Gone = w.code, w.removed
	return truth, nil
}

func (w *world) remove(context.Context, item.ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removals++
	return nil
}

func (w *world) send(_ context.Context, in activities.Send) (activities.Sent, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mailError != nil {
		return activities.Sent{}, w.mailError
	}
	if w.held != nil {
		return *w.held, nil
	}
	w.mailed = append(w.mailed, sentMail{in.Mail, w.env.Now()})
	return activities.Sent{Outcome: item.MailSent, MessageID: "x@example.com"}, nil
}

func (w *world) load(context.Context, item.ID) (activities.StoredItem, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loads++
	return activities.StoredItem{Item: card, Life: w.life}, nil
}

func (w *world) record(_ context.Context, in activities.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.transitions = append(w.transitions, in.Transitions...)
	return nil
}

func (w *world) plan(_ context.Context, in activities.PlanFor) (activities.Planned, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := policy.Situation{BrokenSince: in.BrokenSince, EndsAt: in.EndsAt, Zone: w.zone, Now: w.env.Now()}
	for _, m := range w.mailed {
		if m.letter.Kind == in.Kind && m.letter.Incident == in.Incident {
			s.Used, s.LastUsed = s.Used+1, m.at
		}
		if m.letter.Kind.Reminds() {
			s.LastMail = m.at
		}
	}
	plan := w.policy.For(in.Cause, card.Partner, card.MerchantID).Next(s)
	if in.Wanted {
		plan = item.Plan{Step: s.Used + 1, At: w.env.Now()}
	}
	if in.UserPresent {
		plan = item.Plan{Exhausted: true, Why: "the bank asks every time"}
	}
	return activities.Planned{Plan: plan, Used: s.Used, Kind: in.Kind}, nil
}

// says sets what Plaid answers from now on.
func (w *world) says(code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.code = code
}

func (w *world) removeAtPlaid() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removed = true
}

func (w *world) mailServer(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mailError = err
}

func (w *world) letters() []item.MailRef {
	w.mu.Lock()
	defer w.mu.Unlock()
	var letters []item.MailRef
	for _, m := range w.mailed {
		letters = append(letters, m.letter)
	}
	return letters
}

func (w *world) keys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var keys []string
	for _, t := range w.transitions {
		keys = append(keys, t.Key())
	}
	return keys
}

// after schedules do so long after the beginning of the Item's life.
func (w *world) after(d time.Duration, do func()) { w.env.RegisterDelayedCallback(do, d) }

// whenStarted calls do when an activity begins, before its result is there.
func (w *world) whenStarted(activityType string, do func()) {
	w.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == activityType {
			do()
		}
	})
}

func (w *world) hint(h item.Hint) {
	w.env.SignalWorkflow(workflows.SignalHint, workflows.Hints{Hints: []item.Hint{h}})
}

func (w *world) status() workflows.Status {
	w.t.Helper()
	value, err := w.env.QueryWorkflow(workflows.QueryStatus)
	require.NoError(w.t, err)
	var s workflows.Status
	require.NoError(w.t, value.Get(&s))
	return s
}

// run runs until the workflow closes or the time is over. It returns what the run carries into the next one, nil when
// there is none.
func (w *world) run(in workflows.Input, most time.Duration) *workflows.Carried {
	w.t.Helper()
	w.after(most, w.env.CancelWorkflow)
	w.env.ExecuteWorkflow(workflows.TypeItem, in)
	require.True(w.t, w.env.IsWorkflowCompleted())
	err := w.env.GetWorkflowError()
	var again *workflow.ContinueAsNewError
	if !errorAs(err, &again) {
		return nil
	}
	var next workflows.Input
	require.NoError(w.t, dataConverter.FromPayloads(again.Input, &next))
	require.Equal(w.t, itemID, next.ItemID)
	return next.Carried
}

func errorHint(id int64) item.Hint {
	return item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{id}}
}
