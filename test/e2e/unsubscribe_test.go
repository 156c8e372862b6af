package e2e

import (
	"context"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

// unsubscribe returns the link of a mail's List-Unsubscribe, as a mail program reads it.
func (s *stack) unsubscribe(t *testing.T, ctx context.Context, m blackbox.Mail) string {
	t.Helper()
	raw, err := s.RawMail(ctx, m.ID)
	require.NoError(t, err)
	read, err := mail.ReadMessage(strings.NewReader(raw))
	require.NoError(t, err)
	require.Equal(t, "List-Unsubscribe=One-Click", read.Header.Get("List-Unsubscribe-Post"))
	link := strings.Trim(read.Header.Get("List-Unsubscribe"), "<>")
	require.Contains(t, link, s.API+"/unsubscribe/")
	return link
}

// oneClick unsubscribes as a mail program does (RFC 8058): no cookie, no page of ours.
func oneClick(t *testing.T, ctx context.Context, link string) answer {
	t.Helper()
	return ask(t, ctx, http.DefaultClient, http.MethodPost, link, "List-Unsubscribe=One-Click",
		"Content-Type: application/x-www-form-urlencoded")
}

// onlyTask returns the one open task of a kind. There may be an escalation beside it, once the workflow has planned
// anew.
func (s *stack) onlyTask(t *testing.T, ctx context.Context, kind tasks.Kind) tasks.Task {
	t.Helper()
	open, err := s.store.Tasks(ctx)
	require.NoError(t, err)
	open = slices.DeleteFunc(open, func(task tasks.Task) bool { return task.Kind != kind })
	require.Len(t, open, 1)
	return open[0]
}

func mailsStopped(l item.Life) bool { return l.Plan.Suppressed }

// brokenAndMailed is broken with the mail, after the mail was recorded.
func brokenAndMailed(t *testing.T, s *stack, ctx context.Context) (it blackbox.Item, link string, first blackbox.Mail) {
	t.Helper()
	it, link = broken(t, s, ctx)
	_, err := s.AwaitMoment(ctx, it.ID, "mail_sent", 1)
	require.NoError(t, err)
	first, err = s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	return it, link, first
}

func TestUnsubscribe_stopsMailsAndTheItemWaitsOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link, first := brokenAndMailed(t, s, ctx)
	stop := s.unsubscribe(t, ctx, first)
	s.awaitLife(t, ctx, it, "the next reminder to be planned", func(l item.Life) bool { return l.Plan.Step == 2 })
	before := s.settled(t, ctx, it)
	require.Equal(t, http.StatusOK, looking(t, ctx, http.DefaultClient, stop).status)
	require.Equal(t, before, s.settled(t, ctx, it), "a mail scanner opens every link")

	for range 2 {
		require.Equal(t, http.StatusOK, oneClick(t, ctx, stop).status)
		task := s.onlyTask(t, ctx, tasks.Unsubscribed)
		require.Equal(t, item.ID(it.ID), task.ItemID)
	}
	s.awaitLife(t, ctx, it, "the plan without mails", mailsStopped)
	require.Equal(t, http.StatusOK, ask(t, ctx, http.DefaultClient, http.MethodPost, link+"/fresh", "").status)
	_, err := s.AwaitMoment(ctx, it.ID, item.NewLinkRequested, 1)
	require.NoError(t, err)
	s.settled(t, ctx, it)
	s.awaitLife(t, ctx, it, "the plan without mails", mailsStopped)
	now, err := s.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, []any{"login_required", 1, it.RunID}, []any{now.State, now.Incident, now.RunID})

	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	s.nextRun(t, ctx, it)
	require.Equal(t, 1, s.mailed(t, ctx, blueBottle.Email), "neither the fresh link nor the thanks")
	s.kept(t, ctx, "unsubscribed", it)
}

func TestBounce_stopsMailsUntilTheAddressChanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link, first := brokenAndMailed(t, s, ctx)
	bounce := map[string]any{
		"message_id": "<" + first.MessageID + ">", "kind": "bounce", "permanent": true,
		"detail": "550 5.1.1 <" + blueBottle.Email + ">: no such mailbox",
	}
	for range 2 {
		var got mailing.BouncedMail
		s.askAsPlatform(t, ctx, "POST", "mail-bounces", bounce).decoded(t, &got)
		require.Equal(t, mailing.BouncedMail{ItemID: item.ID(it.ID), MerchantID: blueBottle.ID, Suppressed: true}, got)
		task := s.onlyTask(t, ctx, tasks.Undeliverable)
		require.Equal(t, item.ID(it.ID), task.ItemID)
	}
	s.awaitLife(t, ctx, it, "the plan without mails", mailsStopped)
	require.Equal(t, http.StatusNotFound, s.askAsPlatform(t, ctx, "POST", "mail-bounces",
		map[string]any{"message_id": "made-up@relink.example.com", "kind": "bounce"}).status)

	const moved = "ada@bluebottle.example"
	changed := s.askAsPlatform(t, ctx, "PATCH", "merchants/"+blueBottle.ID, map[string]any{"email": moved})
	require.Equal(t, http.StatusOK, changed.status)
	require.Contains(t, changed.body, moved)
	s.awaitLife(t, ctx, it, "the next reminder to be planned", func(l item.Life) bool { return !l.Plan.Suppressed && !l.Plan.At.IsZero() })
	require.Equal(t, http.StatusOK, ask(t, ctx, http.DefaultClient, http.MethodPost, link+"/fresh", "").status)
	second, err := s.AwaitMail(ctx, moved, 1)
	require.NoError(t, err)
	link, err = second.DeepLink()
	require.NoError(t, err)
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	_, err = s.AwaitMail(ctx, moved, 2)
	require.NoError(t, err)
	require.Equal(t, 1, s.mailed(t, ctx, blueBottle.Email))
}
