package v1

import (
	"context"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/readmodel"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/vault"
)

type itemStore interface {
	Act(ctx context.Context, e inbox.Entry, at time.Time, data any) (inbox.Receipt, error)
	Consent(ctx context.Context, id item.ID) (*enrolment.Consent, error)
	ItemPage(ctx context.Context, state item.State, merchantID string, after item.ID, limit int) ([]readmodel.Listed, error)
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	Note(ctx context.Context, id item.ID, at time.Time, kind string, data any) error
	Timeline(ctx context.Context, id item.ID) ([]readmodel.TimelineEntry, error)
	Token(ctx context.Context, id item.ID) (vault.Sealed, error)
}

// itemRoutes handle Items that are enrolled.
type itemRoutes struct {
	store itemStore
	plaid interface {
		AccessToken(sealed vault.Sealed) (plaid.Secret, error)
	}
	workflows WorkflowClient
	nudge     func()
	bodies    *bodies
}

// itemView is an Item as the platform sees it.
type itemView struct {
	item.Ref
	State       item.State `json:"state"`
	Cause       item.Cause `json:"cause,omitempty"`
	Incident    int        `json:"incident"`
	BrokenSince time.Time  `json:"broken_since,omitzero"`
	// WorkflowID and RunID find the workflow in the Temporal UI. They are empty while Temporal is away.
	WorkflowID string `json:"workflow_id,omitempty"`
	RunID      string `json:"run_id,omitempty"`
	// Consent is the merchant's latest consent.
	Consent *enrolment.Consent `json:"consent,omitempty"`
	// WebhookURLDiffers is set if Plaid sends this Item's webhooks elsewhere, or nowhere. Only the response to an
	// enrolment has it.
	WebhookURLDiffers bool `json:"webhook_url_differs,omitempty"`
}

func viewOf(ref item.Ref, life item.Life) itemView {
	return itemView{Ref: ref, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince}
}

const (
	itemsPerPage = 100
	mostPerPage  = 1000
	// describeWithin is how long a caller waits for Temporal, which adds only the ids of the workflow.
	describeWithin = 2 * time.Second
	// longestReason is the most bytes of a caller's reason.
	longestReason = 200
)

// list writes a page of Items in the order of their ids, so that added and removed Items shift no page. It leaves out
// consents, because they name persons.
func (i itemRoutes) list(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "state", "merchant_id", "after", "limit")
	state, merchant, after := item.State(q.text("state")), q.text("merchant_id"), item.ID(q.text("after"))
	limit := q.number("limit", itemsPerPage, mostPerPage)
	if state != "" && !slices.Contains(item.States(), state) {
		q.Parameter("state", "is not one of %s", joined(item.States()))
	}
	if err := q.Err(); err != nil {
		return err
	}
	listed, err := i.store.ItemPage(r.Context(), state, merchant, after, limit+1)
	if err != nil {
		return err
	}
	page := struct {
		Items     []itemView `json:"items"`
		NextAfter item.ID    `json:"next_after,omitempty"`
	}{Items: []itemView{}}
	for _, l := range listed[:min(len(listed), limit)] {
		page.Items = append(page.Items, itemView{Ref: l.Item, State: l.State, Cause: l.Cause, Incident: l.Incident, BrokenSince: l.BrokenSince})
	}
	if len(listed) > limit {
		page.NextAfter = listed[limit-1].Item.ID
	}
	return web.WriteJSON(w, http.StatusOK, page)
}

func (i itemRoutes) show(w http.ResponseWriter, r *http.Request) error {
	id := item.ID(r.PathValue("id"))
	ref, life, err := i.store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(ref.ID)))
	view := viewOf(ref, life)
	if view.Consent, err = i.store.Consent(r.Context(), id); err != nil {
		return err
	}
	quick, cancel := context.WithTimeout(r.Context(), describeWithin)
	defer cancel()
	if view.WorkflowID, view.RunID, err = i.workflows.Run(quick, id); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("workflow_not_described", err))
	}
	return web.WriteJSON(w, http.StatusOK, view)
}

func (i itemRoutes) showTimeline(w http.ResponseWriter, r *http.Request) error {
	id := item.ID(r.PathValue("id"))
	if _, _, err := i.store.Load(r.Context(), id); err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	timeline, err := i.store.Timeline(r.Context(), id)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"item_id": id, "moments": timeline})
}

// remove orders the removal of an Item at Plaid. It stores the order, which the Item's workflow carries out, and
// responds 202. For an Item that is removed already it responds 204. A second order changes nothing.
func (i itemRoutes) remove(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	id := item.ID(r.PathValue("id"))
	ref, life, err := i.store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	if life.State == item.Removed {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	_, err = i.store.Act(r.Context(), inbox.Entry{
		Source: item.FromOperator, Environment: ref.Environment, ItemID: id, Code: item.RemoveAsked, Trace: telemetry.Traceparent(r.Context()),
	}, time.Now(), map[string]string{"by": caller.Subject})
	if err != nil {
		return err
	}
	i.nudge()
	return web.WriteJSON(w, http.StatusAccepted, viewOf(ref, life))
}

// showAccessToken writes an Item's access token. Before that, it stores in the audit who asked, when and why.
func (i itemRoutes) showAccessToken(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
	}
	wrong, err := i.bodies.read(r, &in)
	if err != nil {
		return err
	}
	if len(in.Reason) > longestReason {
		wrong.Field("/reason", "is longer than %d bytes", longestReason)
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	id := item.ID(r.PathValue("id"))
	_, life, err := i.store.Load(r.Context(), id)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	if life.State == item.Removed {
		return web.Refuse(web.ItemRemoved, "the item is removed: its access token opens nothing", nil)
	}
	sealed, err := i.store.Token(r.Context(), id)
	if err != nil {
		return err
	}
	token, err := i.plaid.AccessToken(sealed)
	if err != nil {
		return err
	}
	if err := i.store.Note(r.Context(), id, time.Now(), "access_token_shown",
		map[string]string{"by": caller.Subject, "reason": in.Reason}); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"item_id": id, "access_token": token.Reveal()})
}
