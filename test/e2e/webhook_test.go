package e2e

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

// rows counts the entries of the timeline and the mails, which a delivery could have changed.
func (s *stack) rows(t *testing.T, ctx context.Context, id string) (entries, mails int) {
	t.Helper()
	timeline, err := s.Timeline(ctx, id)
	require.NoError(t, err)
	inMailbox, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	return len(timeline), len(inMailbox)
}

func TestWebhook_notFromPlaidIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, r := linkedThrough(t, s, ctx)
	_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	good := <-r.calls
	_, err = s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 1)
	require.NoError(t, err)
	timeline, mails := s.rows(t, ctx, it.ID)

	for _, sign := range []string{"none", "wrong"} {
		statuses, _, err := s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "ERROR", "sign": sign})
		require.NoError(t, err)
		require.Equal(t, []int{401}, statuses, sign)
	}
	for name, c := range map[string]struct {
		token  string
		body   []byte
		status int
	}{
		"no token":                  {"", good.body, 401},
		"garbage":                   {"a.b.c", good.body, 401},
		"re-used with another body": {good.token, bytes.Replace(good.body, []byte("ERROR"), []byte("OTHER"), 1), 401},
		"one space more":            {good.token, append(bytes.Clone(good.body), ' '), 401},
		"oversized":                 {good.token, bytes.Repeat([]byte(" "), 300<<10), 413},
		"oversized and not Plaid's": {"", bytes.Repeat([]byte(" "), 300<<10), 401},
	} {
		status, err := post(ctx, s.WebhookURL(), c.token, c.body)
		require.NoError(t, err, name)
		require.Equal(t, c.status, status, name)
	}
	status, err := post(ctx, s.API+"/webhooks/plaid/production", good.token, good.body)
	require.NoError(t, err)
	require.Equal(t, 404, status, "another environment's webhook")

	after, mailsAfter := s.rows(t, ctx, it.ID)
	require.Equal(t, timeline, after, "a refused delivery changed the timeline")
	require.Equal(t, mails, mailsAfter)
}

func TestWebhook_exactDuplicateGets200AndNoSecondMail(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, r := linkedThrough(t, s, ctx)
	_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	good := <-r.calls
	_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 1)
	require.NoError(t, err)
	timeline, mails := s.rows(t, ctx, it.ID)
	for range 5 {
		status, err := post(ctx, s.WebhookURL(), good.token, good.body)
		require.NoError(t, err)
		require.Equal(t, 200, status)
	}
	// Once a later hint is handled, no duplicate is still on its way.
	_, _, err = s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "LOGIN_REPAIRED"})
	require.NoError(t, err)
	require.NoError(t, s.awaitQuestions(ctx, it.ID, 3)) // one each for the enrolment, the break and LOGIN_REPAIRED
	after, mailsAfter := s.rows(t, ctx, it.ID)
	require.Equal(t, timeline+1, after, "only the later webhook is new")
	require.Equal(t, mails, mailsAfter)
}

// awaitQuestions waits until Plaid was queried n times about an Item, not counting the exchange's own query.
func (s *stack) awaitQuestions(ctx context.Context, id string, n int) error {
	return blackbox.Await(ctx, "questions to Plaid", func(ctx context.Context) (bool, error) {
		asked, err := s.Questions(ctx, id)
		return asked-1 >= n, err
	})
}

func TestWebhook_identicalBodyLaterIsAnotherIncident(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, 2*patience)
	it, r := linkedThrough(t, s, ctx)
	bodies := make([][]byte, 2)
	for i := range bodies {
		_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
		require.NoError(t, err)
		bodies[i] = (<-r.calls).body
		_, err = s.AwaitState(ctx, it.ID, "login_required", i+1)
		require.NoError(t, err)
		mail, err := s.AwaitMail(ctx, blueBottle.Email, 2*i+1)
		require.NoError(t, err)
		link, err := mail.DeepLink()
		require.NoError(t, err)
		require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
		_, err = s.AwaitMail(ctx, blueBottle.Email, 2*i+2)
		require.NoError(t, err)
	}
	require.Equal(t, bodies[0], bodies[1], "the two webhooks are the same bytes")
	mails, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, m := range mails {
		ids[m.MessageID] = true
	}
	require.Len(t, ids, 4, "two reminders and two thanks, each a mail of its own")
}

func TestV1_needsATokenWithTheScope(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	for bearer, want := range map[string]int{"": 401, "nonsense": 401} {
		err := blackbox.Call(ctx, "GET", s.API+"/v1/items/x", bearer, nil, nil)
		var status *blackbox.Status
		require.ErrorAs(t, err, &status)
		require.Equal(t, want, status.Code)
	}
}

func TestDeepLink_openingHasNoEffect(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)
	_, err := s.AwaitMoment(ctx, it.ID, "mail_sent", 1)
	require.NoError(t, err)
	before, _ := s.rows(t, ctx, it.ID)
	for range 2 {
		_, err := blackbox.Page(ctx, link)
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, link, nil)
		require.NoError(t, err)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, 200, res.StatusCode)
	}
	after, _ := s.rows(t, ctx, it.ID)
	require.Equal(t, before, after)
}
