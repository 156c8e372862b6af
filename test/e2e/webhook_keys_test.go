package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

const keyPath = "/webhook_verification_key/get"

// signedAbout makes the local Plaid sign n different webhooks about an Item and send none of them.
func (s *stack) signedAbout(t *testing.T, ctx context.Context, id string, n int) []blackbox.Signed {
	t.Helper()
	hooks := make([]blackbox.Hook, n)
	for i := range hooks {
		hooks[i] = blackbox.Hook{ItemID: id, Type: "ITEM", Code: "ERROR", Fields: map[string]any{"nth": i}}
	}
	signed, err := s.Sign(ctx, hooks)
	require.NoError(t, err)
	return signed
}

func TestWebhookKeys_hundredParallelWebhooksCostOneFetch(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	signed := s.signedAbout(t, ctx, it.ID, 100)
	calls, err := s.Calls(ctx, keyPath)
	require.NoError(t, err)
	require.Empty(t, calls, "nothing was verified so far")

	begin, responses := make(chan struct{}), make(chan error, len(signed))
	for _, hook := range signed {
		go func() {
			<-begin
			status, err := post(ctx, s.WebhookURL(), hook.Token, []byte(hook.Body))
			if err == nil && status != 200 {
				err = fmt.Errorf("status %d", status)
			}
			responses <- err
		}()
	}
	close(begin)
	for range signed {
		require.NoError(t, <-responses)
	}
	calls, err = s.Calls(ctx, keyPath)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"": 1}, calls)
}

// A delivery that Plaid signed too long ago is refused, however often it comes. But relink queries its Item.
func TestWebhook_staleIsRefusedAndItsItemQueriedOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, r := linkedThrough(t, s, ctx)
	require.NoError(t, s.awaitQuestions(ctx, it.ID, 1)) // for the enrolment
	require.NoError(t, s.BreakUntold(ctx, it.ID, "ITEM_LOGIN_REQUIRED"))
	statuses, _, err := s.Fire(ctx, map[string]any{
		"item_id": it.ID, "webhook_type": "ITEM",
		"webhook_code": "LOGIN_REPAIRED", "sign": "stale",
	})
	require.NoError(t, err)
	require.Equal(t, []int{401}, statuses)
	old := <-r.calls
	_, err = s.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err, "the only news of the break was a stale webhook")

	for range 20 {
		status, err := post(ctx, s.WebhookURL(), old.token, old.body)
		require.NoError(t, err)
		require.Equal(t, 401, status)
	}
	db, err := pgx.Connect(ctx, s.database)
	require.NoError(t, err)
	defer db.Close(ctx)
	var rows, repeats int
	require.NoError(t, db.QueryRow(ctx, `SELECT count(*), sum(repeats) FROM inbox WHERE stale`).Scan(&rows, &repeats))
	require.Equal(t, []int{1, 20}, []int{rows, repeats}, "a repeat is no reason for another query")
}
