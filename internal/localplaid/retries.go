package localplaid

import (
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"
)

// Plaid's rules for a webhook that was not received (plaid.com/docs/api/webhooks).
const (
	// retryWindow is how long after the first attempt Plaid goes on.
	retryWindow = 24 * time.Hour
	// longestRetryAfter caps what a receiver may ask for by Retry-After.
	longestRetryAfter = 4 * time.Hour
)

// plaidRetries is Plaid's schedule: 30 s after the first attempt, then four times as long each time, within 24 hours
// (plaid.com/docs/api/webhooks; six retries by its changelog of September 2024).
func plaidRetries() []time.Duration {
	delays := []time.Duration{30 * time.Second}
	for range 5 {
		delays = append(delays, 4*delays[len(delays)-1])
	}
	return delays
}

// surrender is why a webhook that was never received is not sent any more; empty while it still is.
type surrender string

const (
	scheduleOver    surrender = "schedule over"
	endpointRefuses surrender = "endpoint refuses over 90 %"
)

// retrySigning is which token a retry carries. Plaid does not document it.
type retrySigning string

const (
	// retrySignedAnew is the default: with its first token a retry would be stale after five minutes, so that all but
	// the first two could never be received.
	retrySignedAnew retrySigning = "anew"
	// retrySignedSame re-sends the token of the attempt before as it was.
	retrySignedSame retrySigning = "same"
)

func (r retrySigning) known() bool { return r == retrySignedAnew || r == retrySignedSame }

// planRetry decides what follows an attempt that has just been noted. It needs the queue's lock.
func (d *deliveries) planRetry(x *delivery, retryAfter string) {
	made, last := len(x.Attempts), x.Attempts[len(x.Attempts)-1]
	switch {
	case last.Status == http.StatusOK:
		return
	case made > len(d.schedule):
		d.giveUp(x, scheduleOver)
		return
	case d.refusals.over(x.URL, d.clock.now()):
		d.giveUp(x, endpointRefuses)
		return
	}
	delay := d.schedule[made-1]
	if wanted, ok := parseRetryAfter(retryAfter, d.clock.real()); ok && last.Status == http.StatusTooManyRequests {
		delay = min(wanted, longestRetryAfter)
	}
	due := d.clock.now().Add(delay)
	if due.Sub(x.Attempts[0].At) > retryWindow {
		d.giveUp(x, scheduleOver)
		return
	}
	x.NextAttempt = &due
	d.nudge()
}

// giveUp needs the lock.
func (d *deliveries) giveUp(x *delivery, why surrender) {
	x.GaveUp = why
	d.logger.Info("webhook given up", zap.String("item_id", x.ItemID), zap.String("webhook_code", x.Code),
		zap.String("delivery_id", x.ID), zap.String("reason", string(why)), zap.Int("attempts", len(x.Attempts)))
}

// parseRetryAfter reads the three forms that Plaid takes: whole seconds, an HTTP date, an ISO 8601 timestamp. A date
// comes from the receiver's clock, so it counts from the real time. One that has passed means no delay.
func parseRetryAfter(header string, realNow time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(header)
	if err != nil {
		at, err = time.Parse(time.RFC3339, header)
	}
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(realNow)), true
}

const (
	// refusalWindow is the time over which Plaid looks at an endpoint, and mostRefused the percentage of refusals beyond
	// which it stops retrying there (plaid.com/docs/api/webhooks).
	refusalWindow = 24 * time.Hour
	mostRefused   = 90
	// fewestJudged is how many attempts an endpoint must have had before it is judged. Plaid documents no minimum. Without
	// one, a single failure would be "100 % refused" and nothing would ever be retried. Ten is more than one webhook's
	// whole schedule, so one webhook alone never stops itself.
	fewestJudged = 10
)

// refusals holds the attempts at each endpoint within the window, by URL, oldest first. It counts what Plaid itself
// would send, so neither what is badly signed on purpose nor repeats. Every answer but 200 is a refusal, and so is no
// answer. Plaid's page does not say whether a 429 is one.
type refusals map[string][]judged

type judged struct {
	at       time.Time
	received bool
}

func (r refusals) note(url string, at time.Time, received bool) {
	r[url] = append(r.within(url, at), judged{at: at, received: received})
}

// over reports that an endpoint refused more than Plaid bears.
func (r refusals) over(url string, now time.Time) bool {
	attempts, refused := r.within(url, now), 0
	for _, a := range attempts {
		if !a.received {
			refused++
		}
	}
	return len(attempts) >= fewestJudged && refused*100 > len(attempts)*mostRefused
}

// within leaves out what is older than the window.
func (r refusals) within(url string, now time.Time) []judged {
	attempts := r[url]
	for len(attempts) > 0 && now.Sub(attempts[0].at) > refusalWindow {
		attempts = attempts[1:]
	}
	return attempts
}
