package hook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// receive handles a delivery whose token carries Plaid's signature. It reads the body, checks its hash, commits the
// delivery and responds. The status is 401 only if Plaid did not sign the delivery, or signed it too long ago. It is
// 503 if the delivery could not be checked or stored, so that Plaid delivers it again.
//
// A delivery that was signed too long ago is refused, as Plaid's rules require, but it is committed as well. It may be
// a retry that was not signed anew, and the only news about an Item in trouble.
func (d *Door) receive(w http.ResponseWriter, r *http.Request) error {
	claims, err := web.FromContext[webhook.Claims](r)
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
	entry := d.Intake.Entry(event, clean, unclear, time.Now())
	entry.DeliveryKey, entry.Stale = delivery.Key[:], stale != nil
	entry.Forward = entry.Forward && !entry.Stale
	entry.Trace = telemetry.Traceparent(r.Context())
	if err := d.nameItem(r.Context(), event, body, &entry); err != nil {
		return notStored(err)
	}
	if entry.RawSealed, err = d.Seal(entry.DeliveryKey, body); err != nil {
		return notStored(err)
	}
	receipt, err := d.Store.Receive(r.Context(), entry)
	if err != nil {
		return notStored(err)
	}
	d.Nudge()
	d.recordStored(r, entry, receipt, event, unclear)
	if stale != nil {
		return refuseDelivery(stale)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// nameItem sets the Item of a webhook about a finished Link session, which names only a link token. The end of a
// session is a reason to ask Plaid about the Item. Other LINK webhooks, and those with tokens that were not minted
// here, concern no workflow.
func (d *Door) nameItem(ctx context.Context, event webhook.Event, body []byte, a *inbox.Entry) error {
	if a.Dead != "" || event.Type+"/"+event.Code != item.SessionFinished {
		return nil
	}
	hash := webhook.LinkTokenHash(body)
	if hash == nil {
		return nil
	}
	id, err := d.Store.ItemOfLinkToken(ctx, hash)
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

// recordStored logs and counts a delivery that is in the inbox. The first copy of a stale one is logged as an error.
func (d *Door) recordStored(r *http.Request, a inbox.Entry, receipt inbox.Receipt, event webhook.Event, unclear error) {
	line := telemetry.EventIn(r.Context())
	line.Set(zap.Int64("inbox_id", receipt.RowID), zap.Bool("repeat", receipt.Repeat), zap.String("item_id", string(a.ItemID)),
		zap.String("code", a.Code))
	switch {
	case unclear != nil:
		line.Set(zap.NamedError("unclear", unclear))
	case !event.Known():
		line.Set(zap.Bool("known", false))
		if !receipt.Repeat {
			d.Telemetry.UnknownWebhook(event.KnownType())
		}
	}
	result, reason := storedResult(a, receipt)
	if reason != "" {
		line.Set(zap.String("reason", reason))
	}
	if !a.Stale {
		d.record(r, result)
		return
	}
	if !receipt.Repeat {
		d.Telemetry.Log.Error("stale webhook recorded", zap.Int64("inbox_id", receipt.RowID), zap.String("item_id", string(a.ItemID)),
			zap.String("code", a.Code))
	}
}

// record counts a delivery under its result, a word of the metric's table, and writes it into the request's log line.
func (d *Door) record(r *http.Request, result string) {
	d.Telemetry.Webhook(result)
	telemetry.EventIn(r.Context()).Set(zap.String("became", result))
}

// storedResult returns the metric's word for a delivery that is in the inbox. reason is set if no workflow will get it.
func storedResult(a inbox.Entry, r inbox.Receipt) (result, reason string) {
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
