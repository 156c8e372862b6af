package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/workflows"
)

// act returns the hint of a merchant's act with an inbox row of its own.
func act(code string, row int64) item.Hint {
	return item.Hint{Source: item.FromPortal, Code: code, InboxIDs: []int64{row}}
}

// update sends an update with a given id and waits for its result.
func (s *stack) update(ctx context.Context, it blackbox.Item, id string, h item.Hint) (standing workflows.Standing, err error) {
	handle, err := s.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID(it), UpdateID: id, UpdateName: h.Code, Args: []any{h}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return standing, err
	}
	return standing, handle.Get(ctx, &standing)
}

// admitted waits until the server has an update that no worker has got yet.
func (s *stack) admitted(t *testing.T, ctx context.Context, it blackbox.Item, id string) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "the server to have the update", func(ctx context.Context) (bool, error) {
		_, err := s.temporal.WorkflowService().PollWorkflowExecutionUpdate(ctx, &workflowservice.PollWorkflowExecutionUpdateRequest{
			Namespace: "default",
			UpdateRef: &updatepb.UpdateRef{WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID(it)}, UpdateId: id},
		})
		var notFound *serviceerror.NotFound
		if errors.As(err, &notFound) {
			return false, nil
		}
		return err == nil, err
	}))
}

// If a task has both, the SDK runs the handlers of updates before the workflow itself gets the signals. Here the
// merchant opened Link, closed the page, opened it again and finished. The first act was signalled, then no worker ran
// for a while.
func TestUpdate_seesSignalsFromBefore(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, _ := broken(t, s, ctx)
	s.resting(t, ctx, it)
	s.stopWorker()
	first := act(item.LinkOpened, 1_001)
	first.Until = time.Now().Add(30 * time.Minute)
	require.NoError(t, s.hint(ctx, it, first))
	responses := make(chan error, 1)
	update := func(h item.Hint, then func(workflows.Standing)) {
		go func() {
			standing, err := s.update(ctx, it, h.Code, h)
			then(standing)
			responses <- err
		}()
		s.admitted(t, ctx, it, h.Code)
	}
	update(act(item.LinkOpened, 1_002), func(workflows.Standing) {})
	var finished workflows.Standing
	update(act(item.LinkFinished, 1_003), func(s workflows.Standing) { finished = s })
	s.startWorker()
	require.NoError(t, <-responses)
	require.NoError(t, <-responses)

	require.Equal(t, workflows.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 1, Verifying: true}, finished)
	life := s.awaitLife(t, ctx, it, "an answer", func(item.Life) bool { return true })
	require.Equal(t, 2, life.LinkAttempts, "the first, overtaken, passes for the older one of two that is reported late")
	require.Zero(t, life.LinkOpenUntil, "the first, overtaken, passes for a Link opened after the finished one")
	s.kept(t, ctx, "updates-beside-a-signal", it)
}

// The server knows an update's id again within a run only.
func TestUpdate_repeatedAfterTheRunIsHarmless(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, _ := broken(t, s, ctx)
	opened, finished := act(item.LinkOpened, 1_001), act(item.LinkFinished, 1_002)
	opened.Until = time.Now().Add(30 * time.Minute)
	for range 2 {
		standing, err := s.update(ctx, it, "opened", opened)
		require.NoError(t, err)
		require.Equal(t, 1, standing.Incident)
	}
	s.awaitLife(t, ctx, it, "an answer", func(l item.Life) bool { return l.LinkAttempts == 1 && !l.LinkOpenUntil.IsZero() })
	require.NoError(t, s.Heal(ctx, it.ID))
	standing, err := s.update(ctx, it, "finished", finished)
	require.NoError(t, err)
	require.Equal(t, workflows.Standing{State: item.Connected, Incident: 1}, standing)
	it.RunID = s.awaitRun(t, ctx, it, 2)

	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	_, err = s.AwaitState(ctx, it.ID, "login_required", 2)
	require.NoError(t, err)
	before, err := s.Timeline(ctx, it.ID)
	require.NoError(t, err)
	standing, err = s.update(ctx, it, "opened", opened)
	require.NoError(t, err)
	require.Equal(t, 2, standing.Incident, "the handler runs once more, it is not the first answer again")
	life := s.awaitLife(t, ctx, it, "an answer", func(item.Life) bool { return true })
	require.Zero(t, life.LinkAttempts, "an old Link counts for a new incident")
	require.Zero(t, life.LinkOpenUntil, "an old Link pauses the mails of a new incident")
	_, err = s.AwaitMail(ctx, blueBottle.Email, 3) // a reminder, the thanks, and the reminder of the second incident
	require.NoError(t, err)
	standing, err = s.update(ctx, it, "finished", finished)
	require.NoError(t, err)
	require.Equal(t, workflows.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 2, Verifying: true}, standing)
	after, err := s.Timeline(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, transitions(before), transitions(after))
	s.kept(t, ctx, "second-incident-and-repeated-updates", it)
}

func transitions(timeline []blackbox.TimelineEntry) (n int) {
	for _, m := range timeline {
		if strings.HasPrefix(m.What, "incident_") {
			n++
		}
	}
	return n
}
