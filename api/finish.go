package api

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

const (
	// verifyWithin is how long a merchant waits for Plaid's word before the page says that we are still checking.
	verifyWithin = 8 * time.Second
	// endWithin is how long Plaid has to say how a Hosted Link session ended.
	endWithin = 4 * time.Second
)

// verifying is the answer while Plaid has not confirmed what the browser says.
func verifying(w http.ResponseWriter) error {
	return writeJSON(w, http.StatusOK, map[string]any{"state": "verifying"})
}

// completeLink takes the browser's word that Link succeeded, commits it, and answers what Plaid says. A browser that
// comes back from Hosted Link knows nothing: it is led back whether or not the merchant was successful, so Plaid is asked
// how the session ended before anything is committed.
func (s *Server) completeLink(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	link, here, err := s.linkHere(r, v)
	if err != nil {
		return err
	}
	if here && link.Hosted {
		switch s.howEnded(r.Context(), link) {
		case plaid.LinkLeft:
			return s.leftHosted(w, r, v, link)
		case plaid.LinkOpen: // its webhook, SESSION_FINISHED, will tell
			return verifying(w)
		case plaid.LinkSucceeded:
		}
	}
	hint, err := s.act(r.Context(), v.connection.ID, item.LinkFinished, time.Time{},
		map[string]any{"slot": v.grant.Slot, "link_session_id": clip(v.said.LinkSessionID)})
	if err != nil {
		return err
	}
	if here {
		s.endLink(r.Context(), link)
	}
	quick, cancel := context.WithTimeout(r.Context(), verifyWithin)
	defer cancel()
	standing, err := s.Lives.Completed(quick, v.connection.ID, hint)
	if err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_verified", err))
		return verifying(w)
	}
	telemetry.EventIn(r.Context()).Set(zap.String("state", string(standing.State)), zap.Bool("verifying", standing.Verifying))
	if standing.Verifying {
		return verifying(w)
	}
	return writeJSON(w, http.StatusOK, standing)
}

// howEnded asks Plaid how a Hosted Link session ended. When Plaid cannot be asked it counts as a success: that makes the
// workflow ask about the Item itself, which is what decides.
func (s *Server) howEnded(ctx context.Context, link item.MintedLink) plaid.LinkEnd {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	end, err := s.Plaid.LinkEnded(ctx, link.Token)
	if err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("link_end_not_asked", err))
		return plaid.LinkSucceeded
	}
	return end
}

// leftHosted commits that the merchant left Hosted Link without success, as Plaid says.
func (s *Server) leftHosted(w http.ResponseWriter, r *http.Request, v visit, link item.MintedLink) error {
	_, err := s.act(r.Context(), v.connection.ID, item.LinkLeft, time.Time{}, map[string]any{"slot": v.grant.Slot, "hosted": true})
	if err != nil {
		return err
	}
	s.endLink(r.Context(), link)
	return writeJSON(w, http.StatusOK, map[string]any{"state": v.connection.State, "left": true})
}

// endLink has the link token handed out no more. Failing at that is no reason to fail: it ends by itself soon.
func (s *Server) endLink(ctx context.Context, link item.MintedLink) {
	if err := s.Store.EndLink(ctx, link.Hash); err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("link_not_ended", err))
	}
}

// exitLink records why Link ended without success: in the audit, and in the funnel.
func (s *Server) exitLink(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	_, err = s.act(r.Context(), v.connection.ID, item.LinkLeft, time.Time{}, map[string]any{
		"slot": v.grant.Slot, "link_session_id": clip(v.said.LinkSessionID), "status": clip(v.said.Status), "error_code": clip(v.said.ErrorCode),
	})
	if err != nil {
		return err
	}
	event := v.event(item.LinkEventExit)
	event.Status, event.ErrorType = clip(v.said.Status), clip(v.said.ErrorType)
	if err := s.Store.KeepLinkEvent(r.Context(), event); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("funnel_not_kept", err))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keepEvent keeps what Link told the page, for the funnel. It says nothing of the Item to anybody.
func (s *Server) keepEvent(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	if v.said.EventName == "" {
		return badInput("event_name is missing")
	}
	if err := s.Store.KeepLinkEvent(r.Context(), v.event(clip(v.said.EventName))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (v visit) event(name string) item.LinkEvent {
	said, _ := time.Parse(time.RFC3339, v.said.Timestamp) // zero when it is none: the browser's clock decides nothing
	return item.LinkEvent{
		ItemID: v.connection.ID, Slot: v.grant.Slot, Session: clip(v.said.LinkSessionID), Event: name, View: clip(v.said.ViewName),
		ErrorCode: clip(v.said.ErrorCode), SaidAt: said, At: time.Now(),
	}
}
