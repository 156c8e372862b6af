package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpiry_isMailedAndRenewedThroughLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	require.NoError(t, s.stateOf(ctx, it.ID, "connected"))
	_, _, err = s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "PENDING_DISCONNECT"})
	require.NoError(t, err)
	_, err = s.AwaitState(ctx, it.ID, "expiring", 1)
	require.NoError(t, err)
	mail, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err := mail.DeepLink()
	require.NoError(t, err)
	standing := repaired(t, s, ctx, it, link)
	require.Equal(t, "connected", standing.State)
	_, err = s.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	closed, err := s.AwaitMoment(ctx, it.ID, "incident_closed", 1)
	require.NoError(t, err)
	require.Contains(t, string(closed.Data), `"by":"linked_since"`, "the session that Plaid confirms is the evidence")
	s.kept(t, ctx, "expiring-renewed", it)
}
