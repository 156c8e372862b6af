package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// MaxBody is the most bytes of a request's body. The platform and our pages send far less.
	MaxBody = 64 << 10
	// MaxWebhook is the most bytes of a webhook's body. Plaid's are under 2 kB; LINK: EVENTS may hold a whole session.
	MaxWebhook = 256 << 10
)

// Bound returns the request with at most maxBytes of body. If within is not zero, body and context end after that time.
// The caller must call cancel at the end.
func Bound(w http.ResponseWriter, r *http.Request, maxBytes int64, within time.Duration) (bounded *http.Request,
	cancel context.CancelFunc,
) {
	ctx, cancel := r.Context(), context.CancelFunc(func() {})
	if within > 0 {
		ctx, cancel = context.WithTimeout(ctx, within)
		// A context does not interrupt a read of the body. Not every ResponseWriter supports deadlines; a server's
		// does.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(within))
	}
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, maxBytes)
	return r, cancel
}

// describeBody returns the Error for a body that is too large, and nil for any other error.
func describeBody(err error) *Error {
	var tooBig *http.MaxBytesError
	if !errors.As(err, &tooBig) {
		return nil
	}
	return Refuse(BodyTooLarge, fmt.Sprintf("the body is larger than %d bytes", tooBig.Limit), err)
}
