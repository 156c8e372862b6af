package platform

import (
	"errors"
	"net/http"

	"relink/internal/neighbour"
	"relink/internal/neighbour/httpx"
)

// classify returns the neighbour's error for a failed call. A Retry-After under any status is a request to wait, and
// with 410 the receiver refuses the message finally. No error is known to be our own fault: a receiver that refuses our
// signature looks like any other that refuses.
func classify(err error) error {
	var refused *httpx.Error
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.RetryAfter > 0:
		return neighbour.Throttled(err, refused.RetryAfter)
	case refused.Status == http.StatusGone:
		return neighbour.Final(err)
	}
	return err
}
