package platform

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// retryAfterLimit bounds what a Retry-After can make us wait.
const retryAfterLimit = time.Hour

// Error is a message that the platform did not take. Its text holds the status, or why no answer came: never what was
// sent or answered, nor the URL, which may hold a password.
type Error struct {
	Status     int           // 0 when no answer came
	RetryAfter time.Duration // what the answer asked us to wait, 0 when it named nothing

	cause error // why there is no answer
	final bool
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.final:
		return fmt.Sprintf("platform: nothing to send: %v", e.cause)
	case e.Status == 0:
		return fmt.Sprintf("platform: no answer: %v", e.cause)
	case e.Status/100 == 3:
		return fmt.Sprintf("platform: status %d; redirects are not followed", e.Status)
	}
	return fmt.Sprintf("platform: status %d", e.Status)
}

// Unwrap lets errors.Is find the context's own errors.
func (e *Error) Unwrap() error { return e.cause }

// Throttled reports that the platform said when to come back.
func (e *Error) Throttled() (time.Duration, bool) { return e.RetryAfter, e.RetryAfter > 0 }

// OurFault is never known: a receiver that refuses our signature looks like any other that refuses.
func (e *Error) OurFault() bool { return false }

// Final reports that no try can help: there is nothing to send, or the receiver says by 410 that it wants no more.
func (e *Error) Final() bool { return e.final || e.Status == http.StatusGone }

func newError(err error) *Error {
	var transport *url.Error
	if errors.As(err, &transport) {
		err = transport.Err // without the URL around it
	}
	return &Error{cause: err}
}

// retryAfter reads the header's two forms, seconds and a date.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), retryAfterLimit)
}
