package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"relink/activities"
	"relink/internal/devstack/temporalserver"
	"relink/internal/item"
	"relink/internal/item/inseconds"
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
	truth item.PlaidStatus
	fault error             // of a question to Plaid, instead of truth
	atEnd *item.PlaidStatus // Plaid's answer, instead of truth, about an Item that is not connected once its end has passed
	end   time.Time
	asked int

	fates      []fate // of the next mails, in order; any further one is sent
	mails      []sentMail
	suppressed bool // the merchant's address must not be mailed

	recorded []string // the keys of transitions
}

// fate is how a mail ends; it is sent unless the fate says something else.
type fate struct {
	sent activities.Sent
	hold time.Duration // of a held mail
	err  error
	// then is what Plaid answers from then on; nil changes nothing.
	then *item.PlaidStatus
}

type sentMail struct {
	ref  item.MailRef
	at   time.Time
	used bool // its step is used up
}

func startScripted(t *testing.T) *scripted {
	t.Helper()
	// By default the server fires no timer earlier than after a second. A timer that fires late does not show when it was
	// due.
	promptly := map[string]string{"history.timerProcessorMaxTimeShift": `"10ms"`}
	server := testkit.OwnTemporal(t, temporalserver.Options{DynamicConfig: promptly})
	c, err := client.Dial(client.Options{HostPort: server.Address(), Namespace: server.Namespace, Identity: "e2e", Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	queue := fmt.Sprintf("scripted-%d", time.Now().UnixNano())
	s := &scripted{
		stack: &stack{
			temporal: c, queue: queue, rules: inseconds.Rules(),
			starter: starter.New(c, starter.Options{Environment: "sandbox", Queue: queue}),
		},
		parts: map[item.ID]*part{},
	}
	items := sdkworker.New(c, queue, sdkworker.Options{})
	worker.Register(items, s.rules)
	plaid := sdkworker.New(c, workflows.PlaidQueue(queue), sdkworker.Options{})
	mail := sdkworker.New(c, workflows.MailQueue(queue), sdkworker.Options{})
	for _, w := range []sdkworker.Worker{items, plaid, mail} {
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

func (a *scriptedActivities) LoadItem(_ context.Context, id item.ID) (activities.StoredItem, error) {
	return activities.StoredItem{
		Item: item.Ref{
			ID: id, Environment: "sandbox", MerchantID: "m-" + string(id), BusinessName: "Blue Bottle",
			InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso-7",
		},
		Life: item.Life{State: item.Connected},
	}, nil
}

func (a *scriptedActivities) AskPlaid(_ context.Context, in activities.Ask) (item.PlaidStatus, error) {
	p, unlock := a.part(in.ItemID)
	defer unlock()
	p.asked++
	if p.atEnd != nil && in.Accounts && !time.Now().Before(p.end) { // accounts are asked for unless the Item is connected
		return *p.atEnd, p.fault
	}
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

// reminderBeforeEnd is when the last reminder of an Item that is going to end is due.
const reminderBeforeEnd = 4 * time.Second

// PlanReminder plans by a ladder of seconds.
func (a *scriptedActivities) PlanReminder(_ context.Context, in activities.PlanFor) (activities.Planned, error) {
	p, unlock := a.part(in.ItemID)
	defer unlock()
	now := time.Now().UTC()
	s := policy.Situation{BrokenSince: in.BrokenSince, EndsAt: in.EndsAt, Zone: time.UTC, Now: now}
	for _, m := range p.mails {
		if m.used && m.ref.Kind == in.Kind && m.ref.Incident == in.Incident {
			s.Used, s.LastUsed = s.Used+1, m.at
		}
	}
	plan := policy.Rules{
		Weekdays: policy.Default().Everybody.Weekdays,
		Steps:    []time.Duration{0, 1200 * time.Millisecond, 2400 * time.Millisecond}, EscalateAfter: 1200 * time.Millisecond,
		// Before a reminder Plaid is asked again, in good time: an answer that arrives only after the end counts as one
		// about what is then.
		Before: []time.Duration{20 * time.Second, reminderBeforeEnd},
	}.Next(s)
	switch {
	case p.suppressed:
		plan = item.Plan{Exhausted: true, Suppressed: true, Why: "the merchant wants no more mails"}
	case in.SendNow:
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
	if in.Mail.Kind.Reminds() && len(p.fates) > 0 {
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
	p.mails = append(p.mails, sentMail{in.Mail, now, used})
	p.suppressed = p.suppressed || f.sent.Outcome == item.MailSuppressed
	if f.then != nil {
		p.truth = *f.then
	}
	return f.sent, f.err
}
