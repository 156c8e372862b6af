package sandbox

import "time"

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

// refusals counts the attempts at each endpoint, by URL, in minutes, oldest first. It counts what Plaid itself would
// send, so neither what is badly signed on purpose nor repeats. Every answer but 200 is a refusal, and so is no answer.
// Plaid's page does not say whether a 429 is one.
type refusals map[string][]minuteOfAttempts

type minuteOfAttempts struct {
	minute             int64 // since 1970
	attempts, received int
}

func (r refusals) note(url string, at time.Time, received bool) {
	minutes := r.within(url, at)
	if minute := at.Unix() / 60; len(minutes) == 0 || minutes[len(minutes)-1].minute < minute {
		minutes = append(minutes, minuteOfAttempts{minute: minute})
	}
	last := &minutes[len(minutes)-1]
	last.attempts++
	if received {
		last.received++
	}
	r[url] = minutes
}

// over reports that an endpoint refused more than Plaid bears.
func (r refusals) over(url string, now time.Time) bool {
	attempts, received := 0, 0
	for _, m := range r.within(url, now) {
		attempts, received = attempts+m.attempts, received+m.received
	}
	return attempts >= fewestJudged && (attempts-received)*100 > attempts*mostRefused
}

// within leaves out what is older than the window.
func (r refusals) within(url string, now time.Time) []minuteOfAttempts {
	minutes, oldest := r[url], now.Add(-refusalWindow).Unix()/60
	for len(minutes) > 0 && minutes[0].minute < oldest {
		minutes = minutes[1:]
	}
	return minutes
}
