package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// receiveWebhook takes a delivery that carries Plaid's signature: body, hash, commit, answer. 401 only for what Plaid did
// not sign or signed too long ago, 503 whenever it could not be checked or stored, so that Plaid delivers it again.
//
// What Plaid signed too long ago is refused as its rules ask, and committed all the same: it may be a retry that was not
// signed anew, and the only word about an Item in trouble.
func (s *Server) receiveWebhook(w http.ResponseWriter, r *http.Request) error {
	claims, err := found[webhook.Claims](r, claimsKey)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	delivery, err := claims.Delivery(body)
	if err != nil {
		return refuseDelivery(err)
	}
	stale := claims.Stale()
	event, clean, unclear := webhook.Read(body)
	arrival := s.intake.Arrival(event, clean, unclear, time.Now())
	arrival.DeliveryKey, arrival.Stale = delivery.Key[:], stale != nil
	arrival.Forward = arrival.Forward && !arrival.Stale
	arrival.Trace = telemetry.Traceparent(r.Context())
	if err := s.nameItem(r.Context(), event, body, &arrival); err != nil {
		return notStored(err)
	}
	if arrival.RawSealed, err = s.Seal(arrival.DeliveryKey, body); err != nil {
		return notStored(err)
	}
	receipt, err := s.Store.Receive(r.Context(), arrival)
	if err != nil {
		return notStored(err)
	}
	s.Dispatcher.Nudge()
	s.received(r, arrival, receipt, event, unclear)
	if stale != nil {
		return refuseDelivery(stale)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// received tells operators of a delivery that is in the inbox.
func (s *Server) received(r *http.Request, a item.Arrival, receipt item.Receipt, event webhook.Event, unclear error) {
	told := telemetry.EventIn(r.Context())
	told.Set(zap.Int64("inbox_id", receipt.RowID), zap.Bool("repeat", receipt.Repeat), zap.String("item_id", string(a.ItemID)), zap.String("code", a.Code))
	switch {
	case unclear != nil:
		told.Set(zap.NamedError("unclear", unclear))
	case !event.Known():
		told.Set(zap.Bool("known", false))
		if !receipt.Repeat {
			s.Watch.UnknownWebhook(event.KnownType())
		}
	}
	became, why := taken(a, receipt)
	if why != "" {
		told.Set(zap.String("reason", why))
	}
	if !a.Stale {
		s.tellWebhook(r, became)
		return
	}
	if !receipt.Repeat {
		s.Watch.Log.Error("stale webhook recorded", zap.Int64("inbox_id", receipt.RowID), zap.String("item_id", string(a.ItemID)), zap.String("code", a.Code))
	}
}

// tellWebhook tells operators what became of a delivery: one of the words of the metrics' table.
func (s *Server) tellWebhook(r *http.Request, became string) {
	s.Watch.Webhook(became)
	telemetry.EventIn(r.Context()).Set(zap.String("became", became))
}

// refusedWebhook tells operators of a delivery that was not answered 200, and charges a forged one to its source. Who
// sends such need not send the rest of it.
func (s *Server) refusedWebhook(w http.ResponseWriter, r *http.Request, err error, f *fault) {
	source := s.sources.of(r)
	s.tellWebhook(r, notTaken(err, f))
	telemetry.EventIn(r.Context()).Set(zap.Stringer("source", source))
	forged := errors.Is(err, webhook.ErrForged)
	if forged && !errors.Is(err, errLimited) {
		s.sources.failed(source)
	}
	if forged || errors.Is(err, errLimited) {
		w.Header().Set("Connection", "close")
	}
}

// taken says in a word what became of a delivery that is in the inbox, and why when it is not to be delivered.
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

// errLimited is a delivery that nothing at hand vouches for, from a source that failed too often.
var errLimited = errors.New("its source has failed too often")

// limitedAgain is when Plaid may try again, should it be behind a source that somebody else has used up. It honours
// Retry-After on 429, and it tries six times in all, so this is longer than such an attack's first wave.
const limitedAgain = 5 * time.Minute

func limitedDelivery(cause error) *fault {
	return &fault{status: http.StatusTooManyRequests, public: "too many refused deliveries", retryAfter: limitedAgain, cause: errors.Join(errLimited, cause)}
}

// notTaken says in a word why a delivery was not answered 200.
func notTaken(err error, f *fault) string {
	switch {
	case errors.Is(err, errLimited):
		return "refused_limited"
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

// nameItem finds the Item of a webhook that says that a Link session is over, by its link token: that is a reason to ask
// Plaid about the Item. Other LINK webhooks, and those of tokens that are not ours, concern no workflow.
func (s *Server) nameItem(ctx context.Context, event webhook.Event, body []byte, a *item.Arrival) error {
	if a.Dead != "" || event.Type+"/"+event.Code != item.SessionFinished {
		return nil
	}
	hash := webhook.LinkTokenHash(body)
	if hash == nil {
		return nil
	}
	id, err := s.Store.ItemOfLinkToken(ctx, hash)
	if errors.Is(err, item.ErrUnknown) {
		a.Ignored = webhook.IgnoredForeignLink
		return nil
	}
	if err != nil {
		return err
	}
	a.ItemID, a.Ignored = id, ""
	return nil
}

func refuseDelivery(err error) error {
	public := "refused: " + webhook.Reason(err)
	if errors.Is(err, webhook.ErrUnchecked) {
		return &fault{status: http.StatusServiceUnavailable, public: public, retryAfter: 10 * time.Second, cause: err}
	}
	return refuse(http.StatusUnauthorized, public, err)
}
