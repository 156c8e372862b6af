package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// maxWebhook bounds a webhook's body. Plaid's are under 2 kB; LINK: EVENTS may hold a whole session.
const maxWebhook = 256 << 10

// receiveWebhook takes a delivery that carries Plaid's signature: body, hash, commit, 200. 401 only for what Plaid did
// not sign or signed too long ago, 503 whenever it could not be checked or stored, so that Plaid delivers it again.
func (s *Server) receiveWebhook(w http.ResponseWriter, r *http.Request) error {
	claims, err := found[webhook.Claims](r, claimsKey)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	if err != nil {
		return err
	}
	delivery, err := claims.Delivery(body)
	if err != nil {
		return refuseDelivery(err)
	}
	arrival := s.arrivalOf(delivery, body)
	arrival.Trace = telemetry.Traceparent(r.Context())
	receipt, err := s.Store.Receive(r.Context(), arrival)
	if err != nil {
		return notStored(err)
	}
	s.Dispatcher.Nudge()
	became, why := taken(arrival, receipt)
	s.tellWebhook(r, became)
	event := telemetry.EventIn(r.Context())
	event.Set(zap.Int64("inbox_id", receipt.RowID), zap.Bool("repeat", receipt.Repeat), zap.String("item_id", string(arrival.ItemID)), zap.String("code", arrival.Code))
	if why != "" {
		event.Set(zap.String("reason", why))
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// tellWebhook tells operators what became of a delivery: one of the words of the metrics' table.
func (s *Server) tellWebhook(r *http.Request, became string) {
	s.Watch.Webhook(became)
	telemetry.EventIn(r.Context()).Set(zap.String("became", became))
}

// taken says in a word what became of a delivery that was answered 200, and why when it is not to be delivered.
func taken(a item.Arrival, r item.Receipt) (became, why string) {
	switch {
	case r.Repeat:
		return "repeat", ""
	case a.Dead != "":
		return "dead", a.Dead
	case a.Ignored != "":
		return "ignored", a.Ignored
	}
	return "stored", ""
}

// errNotStored is a delivery that was right, but is not in the inbox.
var errNotStored = errors.New("the inbox did not take it")

func notStored(err error) *fault {
	return &fault{
		status: http.StatusServiceUnavailable, public: "not stored; deliver it again", retryAfter: 10 * time.Second, cause: errors.Join(errNotStored, err),
	}
}

// notTaken says in a word why a delivery was not answered 200.
func notTaken(err error, f *fault) string {
	switch {
	case errors.Is(err, webhook.ErrForged), errors.Is(err, webhook.ErrStale):
		return "refused_" + webhook.Reason(err)
	case errors.Is(err, webhook.ErrUnchecked):
		return "unchecked"
	case errors.Is(err, errNotStored):
		return "not_stored"
	case f.status == http.StatusNotFound:
		return "wrong_environment"
	case f.status == http.StatusRequestEntityTooLarge:
		return "too_large"
	}
	return "unreadable"
}

// arrivalOf makes the inbox row: what is signed but not understood is kept for a person, never refused.
func (s *Server) arrivalOf(d webhook.Delivery, body []byte) item.Arrival {
	a := item.Arrival{Source: item.FromWebhook, Environment: s.opts.Environment, DeliveryKey: d.Key[:], Code: "unknown"}
	event, err := webhook.Parse(body)
	if err != nil {
		a.Dead = err.Error()
		return a
	}
	a.Code = event.Type + "/" + event.Code
	a.ItemID = item.ID(event.ItemID)
	if a.Body, err = webhook.Redact(body); err != nil {
		a.Dead = err.Error()
		return a
	}
	switch {
	case event.Environment != "" && event.Environment != s.opts.Environment:
		a.Dead = "it speaks of another environment"
	case !event.ConcernsHealth():
		a.Ignored = "it does not concern the health of an item"
	case event.ItemID == "":
		a.Dead = "it names no item"
	}
	return a
}

func refuseDelivery(err error) error {
	public := "refused: " + webhook.Reason(err)
	if errors.Is(err, webhook.ErrUnchecked) {
		return &fault{status: http.StatusServiceUnavailable, public: public, retryAfter: 10 * time.Second, cause: err}
	}
	return refuse(http.StatusUnauthorized, public, err)
}
