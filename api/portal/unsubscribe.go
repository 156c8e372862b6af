package portal

import (
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/telemetry"
)

// showUnsubscribe writes the page that asks whether reminders are to stop. It has no effect, because mail scanners open
// every link.
func (d *Door) showUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	return d.writePage(w, http.StatusOK, func(w io.Writer) error {
		return d.Pages.Unsubscribe(w, localeOf(r), r.PathValue("token"))
	})
}

// unsubscribe stops reminders. A mail program POSTs here by itself (RFC 8058), without a cookie and from no page of
// ours, so only the token is checked. A token that is not ours gets the same response and changes nothing.
func (d *Door) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	merchantID, err := d.Links.ParseUnsubscribe(r.PathValue("token"))
	event := telemetry.EventIn(r.Context())
	if err != nil {
		event.Set(zap.Error(err))
	} else {
		event.Set(zap.String("caller", "merchant"), zap.String("merchant_id", merchantID))
		if err := d.Store.Unsubscribe(r.Context(), merchantID, time.Now()); err != nil && !errors.Is(err, item.ErrUnknown) {
			return err
		}
		d.Nudge()
	}
	return d.writePage(w, http.StatusOK, func(w io.Writer) error { return d.Pages.Unsubscribed(w, localeOf(r)) })
}
