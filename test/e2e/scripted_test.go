package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"relink/activities"
	"relink/internal/devstack/temporalserver"
	"relink/internal/item"
	"relink/internal/item/inseconds"
	"relink/internal/outside"
	"relink/internal/policy"
	"relink/internal/testkit"
	"relink/starter"
	"relink/worker"
	"relink/workflows"
)

// scripted runs the Items' workflows on a real Temporal, by the rules in seconds. What lies behind the activities is a
// script: a bank that is down, a mail that is stuck and a hold of a second are all a matter of what a test sets.
type scripted struct {
	*stack // of which only Temporal is there

	mu    sync.Mutex
	parts map[item.ID]*part
}

// part is what the world does to one Item.
type part struct {
	truth item.Truth
	fault error // of a question to Plaid, instead of truth
	asked int

	fates      []fate // of the next mails, in order; any further one is sent
	mails      []sentLetter
	suppressed bool // nobody may mail the merchant's address

	recorded []string // the keys of transitions
}

// fate is how a mail ends; it is sent unless the fate says something else.
type fate struct {
	sent activities.Sent
	hold time.Duration // of a held mail
	err  error
	then *item.Truth // what Plaid answers from then on; nil changes nothing
}

type sentLetter struct {
	letter item.Letter
	at     time.Time
	used   bool // its step is used up
}

func startScripted(t *testing.T) *scripted {
	t.Helper()
	// Otherwise no timer of the server's rings sooner than after a second. What rings late does not show that it was due.
	server := testkit.OwnTemporal(t, temporalserver.Options{DynamicConfig: map[string]string{"history.timerProcessorMaxTimeShift": `"10ms"`}})
	c, err := client.Dial(client.Options{HostPort: server.Address(), Namespace: server.Namespace, Identity: "e2e", Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	queue := fmt.Sprintf("scripted-%d", time.Now().UnixNano())
	s := &scripted{
		stack: &stack{temporal: c, queue: queue, rules: inseconds.Rules(), lives: starter.New(c, starter.Options{Environment: "sandbox", Queue: queue})},
		parts: map[item.ID]*part{},
	}
	items := sdkworker.New(c, queue, sdkworker.Options{})
	worker.Register(items, s.rules)
	for _, w := range []sdkworker.Worker{
		items, sdkworker.New(c, workflows.PlaidQueue(queue), sdkworker.Options{}), sdkworker.New(c, workflows.MailQueue(queue), sdkworker.Options{}),
	} {
		w.RegisterActivity(&scriptedActivities{s})
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	return s
}

// quiet drops what the SDK logs: a workflow that is asked while it starts is no news here.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// scriptedActivities bear the names of the real ones.
type scriptedActivities struct{ s *scripted }

func (a *scriptedActivities) part(id item.ID) (p *part, unlock func()) {
	a.s.mu.Lock()
	return a.s.parts[id], a.s.mu.Unlock
}

func (a *scriptedActivities) LoadItem(_ context.Context, id item.ID) (activities.Remembered, error) {
	return activities.Remembered{
		Card: item.Card{
			ID: id, Environment: "sandbox", MerchantID: "m-" + string(id), BusinessName: "Blue Bottle",
			InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso-7",
		},
		Life: item.Life{State: item.Connected},
	}, nil
}

func (a *scriptedActivities) AskPlaid(_ context.Context, in activities.Ask) (item.Truth, error) {
	p, unlock := a.part(in.ItemID)
	defer unlock()
	p.asked++
	return p.truth, p.fault
}

func (a *scriptedActivities) RemoveItem(context.Context, item.ID) error { return nil }

func (a *scriptedActivities) RecordTransitions(_ context.Context, in activities.Record) error {
	p, unlock := a.part(in.ItemID)
	defer unlock()
	for _, t := range in.Transitions {
		p.recorded = append(p.recorded, t.Key())
	}
	return nil
}

// PlanReminder plans by a ladder of seconds.
func (a *scriptedActivities) PlanReminder(_ context.Context, in activities.PlanFor) (activities.Planned, error) {
	p, unlock := a.part(in.ItemID)
	defer unlock()
	now := time.Now().UTC()
	s := policy.Situation{BrokenSince: in.BrokenSince, EndsAt: in.EndsAt, Zone: time.UTC, Now: now}
	for _, m := range p.mails {
		if m.used && m.letter.Kind == in.Kind && m.letter.Incident == in.Incident {
			s.Used, s.LastUsed = s.Used+1, m.at
		}
	}
	plan := policy.Rules{
		Weekdays: policy.Default().Everybody.Weekdays,
		Steps:    []time.Duration{0, 1200 * time.Millisecond, 2400 * time.Millisecond}, EscalateAfter: 1200 * time.Millisecond,
		Before: []time.Duration{20 * time.Second, time.Second},
	}.Next(s)
	switch {
	case p.suppressed:
		plan = item.Plan{Exhausted: true, Suppressed: true, Why: "the merchant wants no more mails"}
	case in.Wanted:
		plan = item.Plan{Step: s.Used + 1, At: now, Why: "a person wants it now"}
	case in.UserPresent:
		plan = item.Plan{Exhausted: true, Why: "the bank asks every time"}
	}
	return activities.Planned{Plan: plan, Used: s.Used, Kind: in.Kind, Policy: "seconds"}, nil
}

func (a *scriptedActivities) SendMail(_ context.Context, in activities.Send) (activities.Sent, error) {
	p, unlock := a.part(in.ItemID)
	defer unlock()
	var f fate
	if in.Letter.Kind.Reminds() && len(p.fates) > 0 {
		f, p.fates = p.fates[0], p.fates[1:]
	}
	now := time.Now().UTC()
	switch {
	case f.hold > 0:
		f.sent = activities.Sent{Outcome: item.MailHeld, Until: now.Add(f.hold), Why: "the merchant got a mail"}
	case f.sent.Outcome == "":
		f.sent = activities.Sent{Outcome: item.MailSent, MessageID: "0123456789abcdef01234567@relink.example.com"}
	}
	used := f.err == nil && (f.sent.Outcome == item.MailSent || f.sent.Outcome == item.MailFailed || f.sent.Outcome == item.MailShadowed)
	p.mails = append(p.mails, sentLetter{in.Letter, now, used})
	p.suppressed = p.suppressed || f.sent.Outcome == item.MailSuppressed
	if f.then != nil {
		p.truth = *f.then
	}
	return f.sent, f.err
}

// scene is one Item whose life a test plays.
type scene struct {
	*scripted
	t    *testing.T
	ctx  context.Context
	name string // of what is recorded
	it   outside.Item
	row  int64 // the newest inbox row that a hint stands for
}

// scene makes an Item that is connected, and that Plaid finds healthy. Its first hint starts the workflow.
func (s *scripted) scene(t *testing.T, name string, fates ...fate) *scene {
	t.Helper()
	id := fmt.Sprintf("itm-%s-%d", name, time.Now().UnixNano())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[item.ID(id)] = &part{fates: fates}
	return &scene{scripted: s, t: t, ctx: within(t, patience), name: name, it: outside.Item{ID: id}}
}

// part returns a copy of what the world has done so far.
func (s *scene) part() part {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.parts[item.ID(s.it.ID)]
}

// says sets what Plaid answers from now on.
func (s *scene) says(t item.Truth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[item.ID(s.it.ID)]
	p.truth, p.fault = t, nil
}

// refuses makes Plaid refuse every question from now on.
func (s *scene) refuses(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[item.ID(s.it.ID)].fault = err
}

// hints signals one hint under an inbox row of its own.
func (s *scene) hints(h item.Hint) {
	s.t.Helper()
	s.row++
	h.InboxIDs = []int64{s.row}
	require.NoError(s.t, s.hint(s.ctx, s.it, h))
	if s.it.RunID == "" {
		_, run, err := s.lives.Run(s.ctx, item.ID(s.it.ID))
		require.NoError(s.t, err)
		s.it.RunID = run
	}
}

func (s *scene) webhook(code string) {
	s.t.Helper()
	s.hints(item.Hint{Source: item.FromWebhook, Code: code})
}

// looks makes the workflow ask Plaid, and claims nothing.
func (s *scene) looks() {
	s.t.Helper()
	s.hints(item.Hint{Source: item.FromReconcile, Code: "reconcile/broken"})
}

// announces an end that is so far ahead.
func (s *scene) announces(ahead time.Duration) {
	s.t.Helper()
	now := time.Now().UTC()
	s.hints(item.Hint{Source: item.FromWebhook, Code: item.PendingDisconnect, Until: now.Add(ahead), At: now})
}

// opens Link, whose token lives so long.
func (s *scene) opens(life time.Duration) {
	s.t.Helper()
	before := s.life("an answer", func(item.Life) bool { return true })
	s.hints(item.Hint{Source: item.FromPortal, Code: item.LinkOpened, Until: time.Now().UTC().Add(life)})
	s.life("an opened Link", func(l item.Life) bool { return l.LinkAttempts > before.LinkAttempts })
}

// finishes Link, and returns what the merchant's page gets to know.
func (s *scene) finishes() workflows.Standing {
	s.t.Helper()
	s.row++
	standing, err := s.lives.Completed(s.ctx, item.ID(s.it.ID), act(item.LinkFinished, s.row))
	require.NoError(s.t, err)
	return standing
}

func (s *scene) orders(o item.Order) {
	s.t.Helper()
	require.NoError(s.t, s.lives.Order(s.ctx, item.ID(s.it.ID), o))
}

// life waits until the workflow knows what is wanted.
func (s *scene) life(what string, wanted func(l item.Life) bool) item.Life {
	s.t.Helper()
	return s.awaitLife(s.t, s.ctx, s.it, what, wanted)
}

// asked waits until Plaid was asked so often.
func (s *scene) asked(times int) {
	s.t.Helper()
	require.NoError(s.t, outside.Await(s.ctx, fmt.Sprintf("%d questions", times), func(context.Context) (bool, error) {
		return s.part().asked >= times, nil
	}))
}

// breaks the Item and waits for the first reminder, and for the plan of the second.
func (s *scene) breaks() {
	s.t.Helper()
	s.says(broke)
	s.webhook("ITEM/ERROR")
	s.reminded(1)
}

// reminded waits until so many reminders were sent in the incident, and what follows is planned.
func (s *scene) reminded(times int) {
	s.t.Helper()
	s.life(fmt.Sprintf("%d reminders", times), func(l item.Life) bool { return l.Reminders >= times && !l.Plan.IsZero() })
}

// in waits until the Item is in a state for a cause.
func (s *scene) in(state item.State, cause item.Cause) {
	s.t.Helper()
	s.life(string(state), func(l item.Life) bool { return l.State == state && l.Cause == cause && len(l.Unrecorded) == 0 })
}

// ended waits until the first run has ended, and keeps its history.
func (s *scene) ended() {
	s.t.Helper()
	require.NoError(s.t, outside.Await(s.ctx, "the run to end", func(ctx context.Context) (bool, error) {
		d, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID(s.it), s.it.RunID)
		return d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
	}))
	s.kept(s.t, s.ctx, "seconds/"+s.name, s.it)
}

// goesOn waits until the first run has nothing to do for now, and keeps its history.
func (s *scene) goesOn() {
	s.t.Helper()
	run, _ := s.resting(s.t, s.ctx, s.it)
	require.Equal(s.t, s.it.RunID, run)
	s.kept(s.t, s.ctx, "seconds/"+s.name, s.it)
}
