package localplaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// advance moves the sandbox's own clock; the real one stands still.
func (b *rig) advance(by time.Duration) {
	b.t.Helper()
	require.Equal(b.t, 200, b.post("/control/clock", map[string]any{"advance": by.String()}, nil))
}

// now is the sandbox's own time.
func (b *rig) now() time.Time {
	b.t.Helper()
	var at struct{ Now time.Time }
	b.get("/control/clock", &at)
	return at.Now
}

// attempted waits until an Item's only delivery has had n attempts and the last is dealt with.
func (b *rig) attempted(itemID string, n int) logged {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		all := b.deliveries(itemID)
		return len(all) == 1 && len(all[0].Attempts) == n
	}, 5*time.Second, 2*time.Millisecond, "attempt %d", n)
	return b.deliveries(itemID)[0]
}

func TestRetryAfter_counts429Only(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	b.advance(72 * time.Hour) // a date in Retry-After is the receiver's, so the real clock measures it
	now := b.clock.Now()
	for name, test := range map[string]struct {
		status int
		header string
		want   time.Duration
	}{
		"seconds":                     {429, "120", 2 * time.Minute},
		"at once":                     {429, "0", 0},
		"an HTTP date":                {429, now.Add(20 * time.Minute).Format(http.TimeFormat), 20 * time.Minute},
		"an ISO 8601 timestamp":       {429, now.Add(25 * time.Minute).Format(time.RFC3339), 25 * time.Minute},
		"a timestamp of another zone": {429, now.Add(time.Hour).In(time.FixedZone("", -5*3600)).Format(time.RFC3339), time.Hour},
		"a date that has passed":      {429, now.Add(-time.Hour).Format(http.TimeFormat), 0},
		"more than four hours":        {429, "86400", 4 * time.Hour},
		"a date beyond four hours":    {429, now.Add(5 * time.Hour).Format(time.RFC3339), 4 * time.Hour},
		"nothing":                     {429, "", 30 * time.Second},
		"nonsense":                    {429, "soon", 30 * time.Second},
		"less than nothing":           {429, "-5", 30 * time.Second},
		"with a 503":                  {503, "120", 30 * time.Second},
		"with a 500":                  {500, "120", 30 * time.Second},
		"with a 202":                  {202, "120", 30 * time.Second},
	} {
		r := newReceiver(t) // one each: an endpoint that refuses all is not retried for long
		_, itemID := b.newItem(platypus, r.url)
		r.answerRetryAfter(test.status, test.header)
		require.Equal(t, []int{test.status}, b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"}).Statuses, name)
		d := b.deliveries(itemID)[0]
		require.NotNil(t, d.NextAttempt, name)
		require.Equal(t, b.now().Add(test.want), *d.NextAttempt, name)
	}
}

func TestRetryAfter_spendsARetryAndEndsWithTheDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.receiver.answerRetryAfter(http.StatusTooManyRequests, "60")
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	b.receiver.answer(http.StatusServiceUnavailable)
	b.advance(time.Minute)
	d := b.attempted(itemID, 2)
	require.Equal(t, b.now().Add(2*time.Minute), *d.NextAttempt, "the schedule goes on with its second delay")
	b.advance(22 * time.Hour)
	d = b.attempted(itemID, 3)
	require.Equal(t, b.now().Add(8*time.Minute), *d.NextAttempt)
	b.receiver.answerRetryAfter(http.StatusTooManyRequests, "14400")
	b.advance(8 * time.Minute)
	d = b.attempted(itemID, 4)
	require.Nil(t, d.NextAttempt, "four hours on, the day is over")
	require.Equal(t, "schedule over", d.GaveUp)
}
