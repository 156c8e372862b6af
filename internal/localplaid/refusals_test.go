package localplaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefusals_over90PercentGetNoRetries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	other := newReceiver(t)
	_, otherItem := b.newItem(platypus, other.url)
	fire := func(itemID string, times int) []logged {
		b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR", "times": times})
		all := b.deliveries(itemID)
		return all[len(all)-times:]
	}
	b.receiver.answer(http.StatusOK)
	fire(itemID, 1)
	b.receiver.answer(http.StatusServiceUnavailable)
	for i, d := range fire(itemID, 9) {
		require.NotNil(t, d.NextAttempt, "refusal %d: 90 %% is not more than 90 %%", i+1)
	}
	straw := fire(itemID, 1)[0]
	require.Nil(t, straw.NextAttempt, "10 of 11")
	require.Equal(t, "endpoint refuses over 90 %", straw.GaveUp)
	require.Len(t, straw.Attempts, 1)
	other.answer(http.StatusServiceUnavailable)
	require.NotNil(t, fire(otherItem, 1)[0].NextAttempt, "another endpoint is none of its business")

	// Retries planned before it came so far do not go out either ...
	b.receiver.answer(http.StatusOK)
	b.advance(30 * time.Second)
	require.Eventually(t, func() bool {
		for _, d := range b.deliveries(itemID)[1:] {
			if d.GaveUp == "" {
				return false
			}
		}
		return true
	}, 5*time.Second, 2*time.Millisecond)
	require.Len(t, b.receiver.all(), 11)
	// ... but first attempts do,
	require.Len(t, fire(itemID, 1)[0].Attempts, 1)
	require.Len(t, b.receiver.all(), 12)
	// and a day later it is forgiven.
	b.advance(24*time.Hour + time.Minute)
	b.receiver.answer(http.StatusServiceUnavailable)
	require.NotNil(t, fire(itemID, 1)[0].NextAttempt)
}

func TestRefusals_oneWebhookAloneNeverStopsItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answer(http.StatusServiceUnavailable)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	for attempts := 1; attempts <= 6; attempts++ {
		d := b.attempted(itemID, attempts)
		require.Empty(t, d.GaveUp, "all of %d attempts refused", attempts)
		b.advance(d.NextAttempt.Sub(b.now()))
	}
	require.Equal(t, "schedule over", b.attempted(itemID, 7).GaveUp)
}

func TestRefusals_leaveOutWhatPlaidWouldNeverSend(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answer(http.StatusUnauthorized)
	sent := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR", "sign": "wrong", "times": 10})
	b.fire(map[string]any{"repeat_of": sent.Deliveries[0].ID, "times": 10})
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED"})
	all := b.deliveries(itemID)
	require.NotNil(t, all[len(all)-1].NextAttempt, "forgeries are refused by every good endpoint")
}
