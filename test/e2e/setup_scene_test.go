package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/workflows"
)

// scene is one Item, with methods for what happens to it.
type scene struct {
	*scripted
	t    *testing.T
	ctx  context.Context
	name string // of the recorded history
	it   blackbox.Item
	row  int64 // the newest inbox row of a hint
}

// scene makes an Item that is connected here and healthy at Plaid. Its first hint starts the workflow.
func (s *scripted) scene(t *testing.T, name string, fates ...fate) *scene {
	t.Helper()
	id := fmt.Sprintf("itm-%s-%d", name, time.Now().UnixNano())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[item.ID(id)] = &part{fates: fates}
	return &scene{scripted: s, t: t, ctx: within(t, 2*patience), name: name, it: blackbox.Item{ID: id}}
}

// part returns a copy of the Item's part.
func (s *scene) part() part {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.parts[item.ID(s.it.ID)]
}

// says sets Plaid's status of the Item from now on.
func (s *scene) says(t item.PlaidStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[item.ID(s.it.ID)]
	p.truth, p.fault, p.atEnd = t, nil, nil
}

// refuses makes Plaid refuse every query from now on.
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
		_, run, err := s.starter.Run(s.ctx, item.ID(s.it.ID))
		require.NoError(s.t, err)
		s.it.RunID = run
	}
}

func (s *scene) webhook(code string) {
	s.t.Helper()
	s.hints(item.Hint{Source: item.FromWebhook, Code: code})
}

// looks makes the workflow query Plaid with a hint that is no evidence.
func (s *scene) looks() {
	s.t.Helper()
	s.hints(item.Hint{Source: item.FromReconcile, Code: "reconcile/broken"})
}

// announces an expiry that is so far ahead, and waits until the workflow has it. Otherwise a query in progress might
// get a later status of Plaid's and close the incident first.
func (s *scene) announces(ahead time.Duration) {
	s.t.Helper()
	now := time.Now().UTC()
	s.hints(item.Hint{Source: item.FromWebhook, Code: item.PendingDisconnect, Until: now.Add(ahead), At: now})
	s.life("an expiry ahead", func(l item.Life) bool { return !l.Expiry.At.IsZero() })
}

// expires announces a near expiry and waits until the Item's state is expiring. Once the expiry has passed, Plaid's
// status is atEnd, unless that is nil. If a slow machine lets the expiry pass first, a later one is announced.
func (s *scene) expires(atEnd *item.PlaidStatus) {
	s.t.Helper()
	for ahead := 2 * reminderBeforeEnd; ; ahead += 2 * s.rules.Durations.MinShift {
		end := time.Now().UTC().Add(ahead)
		s.mu.Lock()
		s.parts[item.ID(s.it.ID)].atEnd, s.parts[item.ID(s.it.ID)].end = atEnd, end
		s.mu.Unlock()
		s.hints(item.Hint{Source: item.FromWebhook, Code: item.PendingDisconnect, Until: end, At: time.Now().UTC()})
		life := s.life("an expiry ahead", func(l item.Life) bool { return l.Incident > 0 || !l.ClosedExpiry.Before(end) })
		if life.Incident > 0 {
			return
		}
	}
}

// opens Link with a token that lives so long.
func (s *scene) opens(life time.Duration) {
	s.t.Helper()
	before := s.life("a status", func(item.Life) bool { return true })
	s.hints(item.Hint{Source: item.FromPortal, Code: item.LinkOpened, Until: time.Now().UTC().Add(life)})
	s.life("an opened Link", func(l item.Life) bool { return l.LinkAttempts > before.LinkAttempts })
}

// finishes Link and returns the response to the merchant's page.
func (s *scene) finishes() workflows.Standing {
	s.t.Helper()
	s.row++
	standing, err := s.starter.Completed(s.ctx, item.ID(s.it.ID), act(item.LinkFinished, s.row))
	require.NoError(s.t, err)
	return standing
}

func (s *scene) command(o item.OperatorCommand) {
	s.t.Helper()
	require.NoError(s.t, s.starter.Command(s.ctx, item.ID(s.it.ID), o))
}

// life waits until the workflow's life meets a condition, and returns it.
func (s *scene) life(what string, wanted func(l item.Life) bool) item.Life {
	s.t.Helper()
	return s.awaitLife(s.t, s.ctx, s.it, what, wanted)
}

// asked waits until Plaid was queried so often.
func (s *scene) asked(times int) {
	s.t.Helper()
	require.NoError(s.t, blackbox.Await(s.ctx, fmt.Sprintf("%d queries", times), func(context.Context) (bool, error) {
		return s.part().asked >= times, nil
	}))
}

// breaks the Item and waits for the first reminder and the plan of the second.
func (s *scene) breaks() {
	s.t.Helper()
	s.says(broke)
	s.webhook("ITEM/ERROR")
	s.reminded(1)
}

// reminded waits until so many reminders were sent in the incident and the next step is planned.
func (s *scene) reminded(times int) {
	s.t.Helper()
	s.life(fmt.Sprintf("%d reminders", times), func(l item.Life) bool { return l.Reminders >= times && !l.Plan.IsZero() })
}

// in waits until the Item is in a state for a cause.
func (s *scene) in(state item.State, cause item.Cause) {
	s.t.Helper()
	s.life(string(state), func(l item.Life) bool { return l.State == state && l.Cause == cause && len(l.Unrecorded) == 0 })
}

// ended waits until the first run has ended, and passes its history to kept.
func (s *scene) ended() {
	s.t.Helper()
	require.NoError(s.t, blackbox.Await(s.ctx, "the run to end", func(ctx context.Context) (bool, error) {
		d, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID(s.it), s.it.RunID)
		return d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
	}))
	s.kept(s.t, s.ctx, "seconds/"+s.name, s.it)
}

// closed checks that the first incident is recorded from its beginning to its end. On a slow machine it may have
// escalated in between.
func (s *scene) closed() {
	s.t.Helper()
	recorded := s.part().recorded
	require.NotEmpty(s.t, recorded)
	require.Equal(s.t, []string{"1/opened", "1/closed"}, []string{recorded[0], recorded[len(recorded)-1]}, recorded)
}

// goesOn waits until the first run has nothing to do for now, and passes its history to kept.
func (s *scene) goesOn() {
	s.t.Helper()
	run, _ := s.resting(s.t, s.ctx, s.it)
	require.Equal(s.t, s.it.RunID, run)
	s.kept(s.t, s.ctx, "seconds/"+s.name, s.it)
}
