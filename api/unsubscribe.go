package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/telemetry"
)

// showUnsubscribe asks whether reminders are to stop. It has no effect: mail scanners open every link.
func (s *Server) showUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	return s.writePage(w, http.StatusOK, func(w io.Writer) error {
		return s.Pages.Unsubscribe(w, localeOf(r), r.PathValue("token"))
	})
}

// unsubscribe stops reminders. A mail program POSTs here by itself (RFC 8058), without a cookie and from no page of ours;
// the token is all there is to check. A token that is not ours is answered the same, and changes nothing.
func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	merchantID, err := s.Links.ParseUnsubscribe(r.PathValue("token"))
	event := telemetry.EventIn(r.Context())
	if err != nil {
		event.Set(zap.Error(err))
	} else {
		event.Set(zap.String("caller", "merchant"), zap.String("merchant_id", merchantID))
		if err := s.Store.Unsubscribe(r.Context(), merchantID, time.Now()); err != nil && !errors.Is(err, item.ErrUnknown) {
			return err
		}
		s.Dispatcher.Nudge()
	}
	return s.writePage(w, http.StatusOK, func(w io.Writer) error { return s.Pages.Unsubscribed(w, localeOf(r)) })
}
