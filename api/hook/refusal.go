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

// errNotStored marks a valid delivery that could not be stored in the inbox.
var errNotStored = errors.New("the inbox did not take it")

// errLimited marks a delivery from a source that failed too often, if no cached key signed it.
var errLimited = errors.New("its source has failed too often")

const (
	retryAfter = 10 * time.Second
	// retryAfterLimit is when Plaid may try again if another sender at its source has used up the source's failures.
	// Plaid honours Retry-After on 429 and tries six times in all, so this is longer than the first wave of an attack.
	retryAfterLimit = 5 * time.Minute
)

func notStored(err error) *web.Error {
	return web.RefuseUntil(web.Unavailable, retryAfter, "not stored; deliver it again", errors.Join(errNotStored, err))
}

func limitedDelivery(cause error) *web.Error {
	return web.RefuseUntil(web.TooManyRequests, retryAfterLimit, "too many refused deliveries", errors.Join(errLimited, cause))
}

// refuseDelivery returns the Error for an error of package webhook.
func refuseDelivery(err error) *web.Error {
	detail := "refused: " + webhook.Reason(err)
	if errors.Is(err, webhook.ErrUnchecked) {
		return web.RefuseUntil(web.Unavailable, retryAfter, detail, err)
	}
	return web.Refuse(web.SignatureRefused, detail, err)
}

// writeError records a delivery that did not get 200 and writes the problem. It charges a forged delivery to its source
// and closes the connection, so that the rest of the body is not read.
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

// refusalResult returns the metric's word for the reason why a delivery did not get 200.
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
