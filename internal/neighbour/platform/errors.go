package platform

import (
	"errors"
	"net/http"

	"relink/internal/neighbour"
	"relink/internal/neighbour/httpx"
)

// sorted sorts what came of a call. Retry-After asks for patience under any status, and 410 says that the receiver
// wants no more of this message. Nothing is known to be our own fault: a receiver that refuses our signature looks
// like any other that refuses.
func sorted(err error) error {
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
