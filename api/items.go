package api

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// itemView is an Item as the platform sees it.
type itemView struct {
	item.Card
	State       item.State `json:"state"`
	Cause       item.Cause `json:"cause,omitempty"`
	Incident    int        `json:"incident"`
	BrokenSince time.Time  `json:"broken_since,omitzero"`
	// WorkflowID and RunID say where to look in the Temporal UI; empty while Temporal is away.
	WorkflowID string `json:"workflow_id,omitempty"`
	RunID      string `json:"run_id,omitempty"`
	// Consent is what the merchant agreed to last.
	Consent *item.Consent `json:"consent,omitempty"`
	// WebhookURLDiffers, only ever in the answer to an enrolment: Plaid sends this Item's webhooks elsewhere, or nowhere.
	WebhookURLDiffers bool `json:"webhook_url_differs,omitempty"`
}

func viewOf(card item.Card, life item.Life) itemView {
	return itemView{Card: card, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince}
}

func (s *Server) showItem(w http.ResponseWriter, r *http.Request) error {
	id := item.ID(r.PathValue("id"))
	card, life, err := s.Store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(card.ID)))
	view := viewOf(card, life)
	if view.Consent, err = s.Store.Consent(r.Context(), id); err != nil {
		return err
	}
	quick, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if view.WorkflowID, view.RunID, err = s.Lives.Run(quick, id); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("workflow_not_described", err))
	}
	return writeJSON(w, http.StatusOK, view)
}

func (s *Server) showTimeline(w http.ResponseWriter, r *http.Request) error {
	id := item.ID(r.PathValue("id"))
	if _, _, err := s.Store.Load(r.Context(), id); err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	moments, err := s.Store.Timeline(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"item_id": id, "moments": moments})
}

// optionalJSON is readJSON for a body that may be missing.
func optionalJSON(r *http.Request, v any) error {
	if r.ContentLength == 0 {
		return nil
	}
	return readJSON(r, v)
}

// removeItem has the Item removed at Plaid by its workflow: the order is kept before it is answered. An Item that is
// removed is answered 204, and a second order is as good as one.
func (s *Server) removeItem(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	id := item.ID(r.PathValue("id"))
	card, life, err := s.Store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	if life.State == item.Removed {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	_, err = s.Store.Act(r.Context(), item.Arrival{
		Source: item.FromOperator, Environment: card.Environment, ItemID: id, Code: item.RemoveAsked, Trace: telemetry.Traceparent(r.Context()),
	}, time.Now(), map[string]string{"by": caller.Subject})
	if err != nil {
		return err
	}
	s.Dispatcher.Nudge()
	return writeJSON(w, http.StatusAccepted, viewOf(card, life))
}

// longestReason is how much a caller may say about why.
const longestReason = 200

// showAccessToken hands out an Item's access token. Who took it, when and why is in the audit before the token is out.
func (s *Server) showAccessToken(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
	}
	if err := optionalJSON(r, &in); err != nil {
		return err
	}
	if len(in.Reason) > longestReason {
		return badInput("reason is longer than %d bytes", longestReason)
	}
	id := item.ID(r.PathValue("id"))
	_, life, err := s.Store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	if life.State == item.Removed {
		return refuse(http.StatusConflict, "the item is removed: its access token opens nothing", nil)
	}
	sealed, err := s.Store.Token(r.Context(), id)
	if err != nil {
		return err
	}
	token, err := s.Plaid.AccessToken(sealed)
	if err != nil {
		return err
	}
	if err := s.Store.Note(r.Context(), id, time.Now(), "access_token_shown", map[string]string{"by": caller.Subject, "reason": in.Reason}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"item_id": id, "access_token": token.Reveal()})
}
