package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

// unsubscribe is the link of a mail's List-Unsubscribe, as a mail program reads it.
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
	return ask(t, ctx, http.DefaultClient, http.MethodPost, link, "List-Unsubscribe=One-Click", "Content-Type: application/x-www-form-urlencoded")
}

// onlyTask is the one thing that a person has to do.
func (s *stack) onlyTask(t *testing.T, ctx context.Context) tasks.Task {
	t.Helper()
	tasks, err := s.store.Tasks(ctx)
	require.NoError(t, err)
	require.Len(t, tasks, 1)
	return tasks[0]
}

func mailsStopped(l item.Life) bool { return l.Plan.Suppressed }

// brokenAndMailed is broken, with the mail, when all is written down.
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
		task := s.onlyTask(t, ctx)
		require.Equal(t, tasks.Unsubscribed, task.Kind)
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
		"message_id": "<" + first.MessageID + ">", "kind": "bounce", "permanent": true, "detail": "550 5.1.1 <" + blueBottle.Email + ">: no such mailbox",
	}
	for range 2 {
		var got mailing.BouncedMail
		s.askAsPlatform(t, ctx, "POST", "mail-bounces", bounce).decoded(t, &got)
		require.Equal(t, mailing.BouncedMail{ItemID: item.ID(it.ID), MerchantID: blueBottle.ID, Suppressed: true}, got)
		task := s.onlyTask(t, ctx)
		require.Equal(t, tasks.Undeliverable, task.Kind)
		require.Equal(t, item.ID(it.ID), task.ItemID)
	}
	s.awaitLife(t, ctx, it, "the plan without mails", mailsStopped)
	require.Equal(t, http.StatusNotFound, s.askAsPlatform(t, ctx, "POST", "mail-bounces", map[string]any{"message_id": "made-up@relink.example.com", "kind": "bounce"}).status)

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

func TestErase_removesItemsAtPlaidAndLeavesNoName(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	public, err := s.PublicToken(ctx, "ins_109508", s.WebhookURL())
	require.NoError(t, err)
	enrolled := s.askAsPlatform(t, ctx, "POST", "items", map[string]any{
		"public_token": public, "merchant": quillfeather,
		"consent": map[string]any{"who": quillfeather.ContactName, "at": "2026-01-02T03:04:05Z", "products": []string{"transactions"}, "copy_version": "7"},
	})
	require.Equal(t, http.StatusCreated, enrolled.status, enrolled.body)
	var it blackbox.Item
	enrolled.decoded(t, &it)
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	first, err := s.AwaitMail(ctx, quillfeather.Email, 1)
	require.NoError(t, err)
	link, err := first.DeepLink()
	require.NoError(t, err)
	token := s.accessToken(t, ctx, it)
	require.NoError(t, s.atPlaid(ctx, token))
	s.settled(t, ctx, it)
	persons := secrets{mailAddress: {quillfeather.Email}, personsName: {"Adelheid", "Quillfeather", quillfeather.BusinessName}}
	require.NotEmpty(t, hunt(persons, s.bare(t, ctx)))

	path := "merchants/" + quillfeather.ID
	asked := s.askAsPlatform(t, ctx, "DELETE", path, nil)
	require.Equal(t, http.StatusAccepted, asked.status, asked.body)
	require.NoError(t, blackbox.Await(ctx, "the merchant to be erased", func(ctx context.Context) (bool, error) {
		return s.askAsPlatform(t, ctx, "DELETE", path, nil).status == http.StatusNoContent, nil
	}))
	require.ErrorContains(t, s.atPlaid(ctx, token), "ITEM_NOT_FOUND")
	now, err := s.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, "removed", now.State)
	require.NoError(t, blackbox.Await(ctx, "the workflow to end", func(ctx context.Context) (bool, error) {
		d, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID(it), "")
		return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, err
	}))
	require.Empty(t, hunt(persons, s.bare(t, ctx)))
	n, err := s.store.VerifyAudit(ctx, item.ID(it.ID))
	require.NoError(t, err)
	require.Greater(t, n, 5)
	require.Equal(t, http.StatusNotFound, looking(t, ctx, http.DefaultClient, link).status)
	require.Equal(t, 1, s.mailed(t, ctx, quillfeather.Email))
}

// bare are all tables, none of which may hold a person.
func (s *stack) bare(t *testing.T, ctx context.Context) []place {
	t.Helper()
	places := s.tables(t, ctx)
	for i := range places {
		places[i].may = nil
	}
	return places
}

func (s *stack) accessToken(t *testing.T, ctx context.Context, it blackbox.Item) string {
	t.Helper()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	s.askAsPlatform(t, ctx, "POST", "items/"+it.ID+"/access-token", map[string]any{"reason": "the nightly import"}).decoded(t, &out)
	require.NotEmpty(t, out.AccessToken)
	return out.AccessToken
}

// atPlaid asks the local Plaid about an Item, as whoever holds its access token can.
func (s *stack) atPlaid(ctx context.Context, accessToken string) error {
	in := map[string]any{"client_id": s.ClientID, "secret": s.Secret, "access_token": accessToken}
	return blackbox.Call(ctx, "POST", s.Sandbox+"/item/get", "", in, nil)
}

// linkedElsewhere links an Item as a platform does that links by itself.
func (s *stack) linkedElsewhere(t *testing.T, ctx context.Context, webhookURL string) map[string]any {
	t.Helper()
	public, err := s.PublicToken(ctx, "ins_109508", webhookURL)
	require.NoError(t, err)
	var linked struct {
		ItemID      string `json:"item_id"`
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, blackbox.Call(ctx, "POST", s.Sandbox+"/item/public_token/exchange", "", map[string]any{
		"client_id": s.ClientID, "secret": s.Secret, "public_token": public,
	}, &linked))
	return map[string]any{"item_id": linked.ItemID, "access_token": linked.AccessToken, "merchant": blueBottle}
}

func TestEnrol_adoptedItemIsKeptConnected(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	linked := s.linkedElsewhere(t, ctx, s.WebhookURL())
	var it blackbox.Item
	for _, status := range []int{http.StatusCreated, http.StatusOK} {
		enrolled := s.askAsPlatform(t, ctx, "POST", "items", linked)
		require.Equal(t, status, enrolled.status, enrolled.body)
		require.NotContains(t, enrolled.body, "webhook_url_differs")
		enrolled.decoded(t, &it)
	}
	require.Equal(t, linked["item_id"], it.ID)
	other := s.linkedElsewhere(t, ctx, s.Sandbox+"/nobody")
	require.Contains(t, s.askAsPlatform(t, ctx, "POST", "items", other).body, `"webhook_url_differs":true`)
	other["item_id"] = it.ID
	mixed := s.askAsPlatform(t, ctx, "POST", "items", other)
	require.Equal(t, http.StatusUnprocessableEntity, mixed.status, mixed.body)
	require.Equal(t, linked["access_token"], s.accessToken(t, ctx, it), "the token of another Item is not taken")

	_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	first, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err := first.DeepLink()
	require.NoError(t, err)
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	_, err = s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	moment, err := s.AwaitMoment(ctx, it.ID, "access_token_shown", 1)
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"by":%q,"reason":"the nightly import"}`, "platform"), string(moment.Data))
}
