package hook

import (
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// errNotStored marks a delivery that was valid, but is not in the inbox.
var errNotStored = errors.New("the inbox did not take it")

// errLimited marks a delivery that no cached key vouches for, from a source that failed too often.
var errLimited = errors.New("its source has failed too often")

const (
	retryAfter = 10 * time.Second
	// retryAfterLimit is when Plaid may try again if it shares a source that somebody else has used up. It honours
	// Retry-After on 429, and it tries six times in all, so this is longer than the first wave of such an attack.
	retryAfterLimit = 5 * time.Minute
)

func notStored(err error) *web.Error {
	return web.RefuseUntil(web.Unavailable, retryAfter, "not stored; deliver it again", errors.Join(errNotStored, err))
}

func limitedDelivery(cause error) *web.Error {
	return web.RefuseUntil(web.TooManyRequests, retryAfterLimit, "too many refused deliveries", errors.Join(errLimited, cause))
}

// refuseDelivery returns the Error of what package webhook did not accept.
func refuseDelivery(err error) *web.Error {
	detail := "refused: " + webhook.Reason(err)
	if errors.Is(err, webhook.ErrUnchecked) {
		return web.RefuseUntil(web.Unavailable, retryAfter, detail, err)
	}
	return web.Refuse(web.SignatureRefused, detail, err)
}

// writeError records a delivery that was not answered 200 and writes the problem. A forged delivery is charged to its
// source, whose connection is closed: the rest of the body is not wanted.
func (d *Door) writeError(w http.ResponseWriter, r *http.Request, e *web.Error) {
	source := d.Sources.Of(r)
	d.record(r, refusalResult(e))
	telemetry.EventIn(r.Context()).Set(zap.Stringer("source", source))
	forged, limited := errors.Is(e, webhook.ErrForged), errors.Is(e, errLimited)
	if forged && !limited {
		d.Sources.Failed(source)
	}
	if forged || limited {
		w.Header().Set("Connection", "close")
	}
	web.Problem(w, r, e)
}

// refusalResult returns the metric's word for why a delivery was not answered 200.
func refusalResult(e *web.Error) string {
	switch {
	case errors.Is(e, errLimited):
		return "refused_limited"
	case errors.Is(e, webhook.ErrForged), errors.Is(e, webhook.ErrStale):
		return "refused_" + webhook.Reason(e)
	case errors.Is(e, webhook.ErrUnchecked):
		return "unchecked"
	case errors.Is(e, errNotStored):
		return "not_stored"
	case e.Kind == web.WrongEnvironment:
		return "wrong_environment"
	case e.Kind == web.BodyTooLarge:
		return "too_large"
	}
	return "unreadable"
}
