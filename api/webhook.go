package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/webhook"
)

// maxWebhook bounds a webhook's body. Plaid's are under 2 kB; LINK: EVENTS may hold a whole session.
const maxWebhook = 256 << 10

// receiveWebhook takes a delivery from Plaid: signature, body, hash, commit, 200. 401 only for what Plaid did not sign
// or signed too long ago, 503 whenever it could not be checked or stored, so that Plaid delivers it again.
func (s *Server) receiveWebhook(w http.ResponseWriter, r *http.Request) error {
	if r.PathValue("environment") != s.opts.Environment {
		return refuse(http.StatusNotFound, "this deployment serves another environment", nil)
	}
	claims, err := s.Verifier.VerifyToken(r.Context(), r.Header.Get(webhook.Header))
	if err != nil {
		return refuseDelivery(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	if err != nil {
		return err
	}
	delivery, err := claims.Delivery(body)
	if err != nil {
		return refuseDelivery(err)
	}
	receipt, err := s.Store.Receive(r.Context(), s.arrivalOf(delivery, body))
	if err != nil {
		return &fault{status: http.StatusServiceUnavailable, public: "not stored; deliver it again", retryAfter: 10 * time.Second, cause: err}
	}
	s.Dispatcher.Nudge()
	s.Log.Info("webhook stored", zap.Int64("inbox_id", receipt.RowID), zap.Bool("repeat", receipt.Repeat))
	w.WriteHeader(http.StatusOK)
	return nil
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
