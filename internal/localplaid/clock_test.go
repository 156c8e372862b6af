package localplaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClock_drivesRetriesButNotSignatures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answer(http.StatusServiceUnavailable)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	b.advance(30*time.Second - time.Millisecond)
	require.Len(t, b.attempted(itemID, 1).Attempts, 1, "not due yet")
	b.advance(time.Millisecond)
	d := b.attempted(itemID, 2)
	require.Equal(t, b.clock.Now().Add(30*time.Second), d.Attempts[1].At)
	issued, kid, err := b.verify(b.receiver.wait(t, 2))
	require.NoError(t, err)
	require.True(t, b.clock.Now().Equal(issued), "a receiver refuses a token from the future")

	var rotated struct{ Kid string }
	require.Equal(t, 200, b.post("/control/key", map[string]any{}, &rotated))
	require.EqualValues(t, b.clock.Now().Unix(), *b.webhookKey(kid).ExpiredAt.Get(), "keys go by the time of what they sign")
	require.Equal(t, b.clock.Now().Unix(), int64(b.webhookKey(rotated.Kid).CreatedAt))
}

func TestClock_drivesExpiries(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	accessToken, _ := b.newItem(platypus, "")
	token := b.updateToken(accessToken)
	require.Equal(t, b.clock.Now().Add(30*time.Minute), *b.linkToken(token).Expiration.Get())
	b.advance(30 * time.Minute)
	require.Equal(t, "INVALID_LINK_TOKEN", b.step("start", map[string]any{"link_token": token}).Outcome.Error.ErrorCode)
	require.Equal(t, b.clock.Now().Add(time.Hour), *b.linkToken(b.updateToken(accessToken)).Expiration.Get())
}

func TestClock_movesForwardOnlyAndWithinReason(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	b.advance(36 * time.Hour)
	for _, by := range []string{"", "0s", "-1s", "soon", "90", "2000000h"} {
		require.Equal(t, http.StatusBadRequest, b.post("/control/clock", map[string]any{"advance": by}, nil), by)
	}
	var at struct {
		Now   time.Time
		Ahead string
	}
	b.get("/control/clock", &at)
	require.Equal(t, "36h0m0s", at.Ahead)
	require.Equal(t, b.clock.Now().Add(36*time.Hour), at.Now)
	b.clock.advance(time.Minute)
	require.Equal(t, at.Now.Add(time.Minute), b.now(), "time goes on by itself as well")
}

func TestClock_outlivesARestart(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	_, itemID := before.newItem(platypus, before.receiver.url)
	before.advance(2 * time.Hour)
	before.receiver.answer(http.StatusServiceUnavailable)
	before.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	after := before.restart()
	require.Equal(t, before.now(), after.now())
	after.run()
	after.advance(30 * time.Second)
	require.Equal(t, after.now(), after.attempted(itemID, 2).Attempts[1].At)
}
