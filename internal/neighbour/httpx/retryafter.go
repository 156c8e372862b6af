package httpx

import (
	"net/http"
	"strconv"
	"time"
)

// LongestRetryAfter bounds what a Retry-After can make us wait.
const LongestRetryAfter = time.Hour

// RetryAfter returns how long a response asks us to wait, between 0 and LongestRetryAfter. It reads both forms of the
// header, seconds and a date (RFC 9110, 10.2.3). A header that is missing, unreadable or in the past gives 0.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), LongestRetryAfter)
}
