package localplaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logged is a delivery in /control/webhooks.
type logged struct {
	ID          string
	ItemID      string `json:"item_id"`
	WebhookCode string `json:"webhook_code"`
	URL         string
	Attempts    []struct {
		At     time.Time
		Status int
		Error  string
	}
	NextAttempt *time.Time `json:"next_attempt"`
	GaveUp      string     `json:"gave_up"`
}

func (b *rig) deliveries(itemID string) []logged {
	b.t.Helper()
	var log struct{ Webhooks []logged }
	b.get("/control/webhooks?item_id="+itemID, &log)
	return log.Webhooks
}

func TestDeliveries_retryOnPlaidsSchedule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answer(http.StatusServiceUnavailable)
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)

	wait := 30 * time.Second
	for attempts := 1; attempts <= 6; attempts++ {
		b.receiver.wait(t, attempts)
		require.Eventually(t, func() bool {
			d := b.deliveries(itemID)[0]
			return len(d.Attempts) == attempts && d.NextAttempt != nil && d.NextAttempt.Equal(b.clock.Now().Add(wait))
		}, 5*time.Second, 2*time.Millisecond, "retry %d must come %s later", attempts, wait)
		b.clock.advance(wait)
		b.server.LookAgain()
		wait *= 4
	}
	b.receiver.wait(t, 7)
	require.Eventually(t, func() bool { return len(b.deliveries(itemID)[0].Attempts) == 7 }, 5*time.Second, 2*time.Millisecond)
	last := b.deliveries(itemID)[0]
	require.Nil(t, last.NextAttempt, "six retries, then the webhook is lost")
	require.Equal(t, "schedule over", last.GaveUp)
	for _, a := range last.Attempts {
		require.Equal(t, http.StatusServiceUnavailable, a.Status)
	}
	got := b.receiver.all()
	for _, retry := range got[1:] {
		require.Equal(t, got[0].body, retry.body)
	}
	issued, _, err := b.verify(got[6])
	require.NoError(t, err)
	require.WithinDuration(t, last.Attempts[6].At, issued, time.Second, "each retry is signed when it is sent")
}

func TestDeliveries_stopRetryingOnceReceived(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answer(http.StatusAccepted) // only 200 counts
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	require.Eventually(t, func() bool { return b.deliveries(itemID)[0].NextAttempt != nil }, 5*time.Second, 2*time.Millisecond)
	b.receiver.answer(http.StatusOK)
	b.clock.advance(30 * time.Second)
	b.server.LookAgain()
	require.Eventually(t, func() bool { return len(b.deliveries(itemID)[0].Attempts) == 2 }, 5*time.Second, 2*time.Millisecond)
	d := b.deliveries(itemID)[0]
	require.Nil(t, d.NextAttempt)
	require.Empty(t, d.GaveUp)
	require.Equal(t, http.StatusOK, d.Attempts[1].Status)
	require.Equal(t, "ERROR", d.WebhookCode)
	require.Equal(t, b.receiver.url, d.URL)
}

func TestDeliveries_retryAReceiverThatIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, "http://127.0.0.1:1/webhooks")
	answer := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	require.Equal(t, []int{0}, answer.Statuses)
	d := b.deliveries(itemID)[0]
	require.NotEmpty(t, d.Attempts[0].Error)
	require.NotNil(t, d.NextAttempt)
}

func TestDeliveries_countWhatIsForgottenAndKeepWhatIsPending(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	b.server.Remember(20)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answer(http.StatusServiceUnavailable)
	pending := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"}).Deliveries[0].ID
	b.receiver.answer(http.StatusOK)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED", "times": 50})
	var log struct {
		Webhooks  []logged
		Forgotten int
	}
	b.get("/control/webhooks", &log)
	require.LessOrEqual(t, len(log.Webhooks), 20)
	require.Equal(t, 51, len(log.Webhooks)+log.Forgotten)
	require.Equal(t, pending, log.Webhooks[0].ID, "it is still to be received")
	require.NotNil(t, log.Webhooks[0].NextAttempt)
}
