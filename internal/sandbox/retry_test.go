package sandbox_test

import (
	"bytes"
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

func TestA429IsRetriedWhenItsReceiverAsks(t *testing.T) {
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

func TestRetryAfterSpendsARetryAndEndsWithTheDay(t *testing.T) {
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

func TestAnEndpointThatRefusesOver90PercentGetsNoRetries(t *testing.T) {
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

func TestOneWebhookAloneNeverStopsItself(t *testing.T) {
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

func TestWhatPlaidWouldNeverSendIsNoRefusal(t *testing.T) {
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

func TestRetriesAreSignedAsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting string // of /control/signing
		fired   string // of /control/fire
		same    bool
	}{
		"anew by default":             {},
		"the same when told":          {setting: "same", same: true},
		"the same for one webhook":    {fired: "same", same: true},
		"anew for one webhook":        {setting: "same", fired: "anew"},
		"anew when told, as it would": {setting: "anew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			_, itemID := b.newItem(platypus, b.receiver.url)
			if test.setting != "" {
				require.Equal(t, 200, b.post("/control/signing", map[string]any{"retries": test.setting}, nil))
			}
			b.receiver.answer(http.StatusServiceUnavailable)
			fire := map[string]any{"item_id": itemID, "webhook_code": "ERROR"}
			if test.fired != "" {
				fire["retries"] = test.fired
			}
			b.fire(fire)
			for attempts := 2; attempts <= 4; attempts++ {
				b.advance(b.attempted(itemID, attempts-1).NextAttempt.Sub(b.now()))
				b.attempted(itemID, attempts)
			}
			got := b.receiver.all()
			for _, retry := range got[1:] {
				require.Equal(t, got[0].body, retry.body)
				if test.same {
					require.Equal(t, got[0].token, retry.token)
				} else {
					require.NotEqual(t, got[0].token, retry.token)
				}
			}
		})
	}
}

func TestHowRetriesAreSignedOutlivesARestart(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	_, itemID := before.newItem(platypus, before.receiver.url)
	_, otherItem := before.newItem(platypus, before.receiver.url)
	before.receiver.answer(http.StatusServiceUnavailable)
	before.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	before.fire(map[string]any{"item_id": otherItem, "webhook_code": "ERROR", "retries": "anew"})
	require.Equal(t, 200, before.post("/control/signing", map[string]any{"retries": "same"}, nil))

	after := before.restart()
	after.run()
	after.advance(30 * time.Second)
	after.attempted(itemID, 2)
	after.attempted(otherItem, 2)
	tokens := map[string][]string{}
	for _, got := range after.receiver.all() {
		for _, id := range []string{itemID, otherItem} {
			if bytes.Contains(got.body, []byte(id)) {
				tokens[id] = append(tokens[id], got.token)
			}
		}
	}
	require.Equal(t, tokens[itemID][0], tokens[itemID][1])
	require.NotEqual(t, tokens[otherItem][0], tokens[otherItem][1], "what /control/fire said holds")
}

func TestForgottenDeliveriesAreCountedAndPendingOnesStay(t *testing.T) {
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
