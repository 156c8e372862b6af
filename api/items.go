package api

import (
	"context"
	"net/http"
	"net/mail"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/telemetry"
)

// enrolment is the body of POST /v1/items.
type enrolment struct {
	PublicToken string `json:"public_token"`
	Merchant    struct {
		ID           string `json:"id"`
		BusinessName string `json:"business_name"`
		ContactName  string `json:"contact_name"`
		Email        string `json:"email"`
		TimeZone     string `json:"time_zone"`
		Locale       string `json:"locale"`
		Partner      string `json:"partner"`
	} `json:"merchant"`
}

// merchant checks every field and names the first that is wrong.
func (e enrolment) merchant() (item.Merchant, error) {
	m := item.Merchant{
		ID: e.Merchant.ID, BusinessName: e.Merchant.BusinessName, ContactName: e.Merchant.ContactName, Email: e.Merchant.Email,
		TimeZone: e.Merchant.TimeZone, Locale: e.Merchant.Locale, Partner: e.Merchant.Partner,
	}
	if m.TimeZone == "" {
		m.TimeZone = "America/New_York"
	}
	if m.Locale == "" {
		m.Locale = "en-US"
	}
	address, err := mail.ParseAddress(m.Email)
	_, badZone := time.LoadLocation(m.TimeZone)
	switch {
	case e.PublicToken == "":
		return item.Merchant{}, badInput("public_token is missing")
	case m.ID == "":
		return item.Merchant{}, badInput("merchant.id is missing")
	case m.BusinessName == "":
		return item.Merchant{}, badInput("merchant.business_name is missing")
	case err != nil || address.Address != m.Email:
		return item.Merchant{}, badInput("merchant.email is not a bare mail address")
	case badZone != nil:
		return item.Merchant{}, badInput("merchant.time_zone %q is not an IANA time zone", m.TimeZone)
	}
	return m, nil
}

// enrolItem exchanges a public token and puts the Item under relink's care. A public token works once, so the input is
// checked before it is spent.
func (s *Server) enrolItem(w http.ResponseWriter, r *http.Request) error {
	var in enrolment
	if err := readJSON(r, &in); err != nil {
		return err
	}
	merchant, err := in.merchant()
	if err != nil {
		return err
	}
	linked, err := s.Plaid.Exchange(r.Context(), in.PublicToken)
	if err != nil {
		return err
	}
	card := item.Card{
		ID: linked.ItemID, Environment: s.opts.Environment, MerchantID: merchant.ID, BusinessName: merchant.BusinessName,
		InstitutionID: linked.InstitutionID, Institution: linked.Institution, Partner: merchant.Partner,
	}
	// The token is spent: a caller who goes away now must not cost us the Item.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 15*time.Second)
	defer cancel()
	created, err := s.Store.Enrol(ctx, item.Enrolment{Card: card, Merchant: merchant, Token: linked.Token, At: time.Now(), Trace: telemetry.Traceparent(ctx)})
	if err != nil {
		return err
	}
	s.Dispatcher.Nudge()
	telemetry.EventIn(ctx).Set(zap.String("item_id", string(card.ID)), zap.Bool("created", created))
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	w.Header().Set("Location", "/v1/items/"+string(card.ID))
	return writeJSON(w, status, itemView{Card: card, State: item.Connected})
}

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
}

func (s *Server) showItem(w http.ResponseWriter, r *http.Request) error {
	id := item.ID(r.PathValue("id"))
	card, life, err := s.Store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(card.ID)))
	view := itemView{Card: card, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince}
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
