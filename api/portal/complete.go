package portal

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

const (
	// verifyWithin is how long a merchant waits for Plaid before the page says that we are still checking.
	verifyWithin = 8 * time.Second
	// endWithin is the longest wait for Plaid's report of how a Hosted Link session ended.
	endWithin = 4 * time.Second
)

// writeVerifying writes that Plaid has not yet confirmed the browser's report.
func writeVerifying(w http.ResponseWriter) error {
	return web.WriteJSON(w, http.StatusOK, map[string]any{"state": "verifying"})
}

// completeLink commits the browser's report that Link succeeded, and writes the state that Plaid confirms. A browser
// that comes back from Hosted Link does not know whether the merchant was successful. For such a browser, completeLink
// asks Plaid how the session ended before it commits anything.
func (d *Door) completeLink(w http.ResponseWriter, r *http.Request) error {
	a, err := d.readAction(r)
	if err != nil {
		return err
	}
	link, same, err := d.sameBrowser(r, a)
	if err != nil {
		return err
	}
	if same && link.Hosted {
		switch d.howEnded(r.Context(), link) {
		case plaid.LinkLeft:
			return d.leftHosted(w, r, a, link)
		case plaid.LinkOpen: // its webhook, SESSION_FINISHED, is still to come
			return writeVerifying(w)
		case plaid.LinkSucceeded:
		}
	}
	hint, err := d.commit(r.Context(), a.connection.ID, item.LinkFinished, time.Time{},
		map[string]any{"slot": a.grant.Slot, "link_session_id": clip(a.report.LinkSessionID)})
	if err != nil {
		return err
	}
	if same {
		d.endLink(r.Context(), link)
	}
	quick, cancel := context.WithTimeout(r.Context(), verifyWithin)
	defer cancel()
	standing, err := d.Workflows.Completed(quick, a.connection.ID, hint)
	if err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_verified", err))
		return writeVerifying(w)
	}
	telemetry.EventIn(r.Context()).Set(zap.String("state", string(standing.State)), zap.Bool("verifying", standing.Verifying))
	if standing.Verifying {
		return writeVerifying(w)
	}
	return web.WriteJSON(w, http.StatusOK, standing)
}

// howEnded asks Plaid how a Hosted Link session ended. If Plaid does not respond it returns success: the workflow then
// asks Plaid about the Item itself, and only the Item's status decides.
func (d *Door) howEnded(ctx context.Context, link linksession.Minted) plaid.LinkEnd {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	end, err := d.Plaid.LinkEnded(ctx, link.Token)
	if err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("link_end_not_asked", err))
		return plaid.LinkSucceeded
	}
	return end
}

// leftHosted commits that the merchant left Hosted Link without success, according to Plaid.
func (d *Door) leftHosted(w http.ResponseWriter, r *http.Request, a linkAction, link linksession.Minted) error {
	_, err := d.commit(r.Context(), a.connection.ID, item.LinkLeft, time.Time{}, map[string]any{"slot": a.grant.Slot, "hosted": true})
	if err != nil {
		return err
	}
	d.endLink(r.Context(), link)
	return web.WriteJSON(w, http.StatusOK, map[string]any{"state": a.connection.State, "left": true})
}

// endLink marks the link token as ended, so that it is not handed out again. Its failure must not fail the request: the
// token expires soon anyway.
func (d *Door) endLink(ctx context.Context, link linksession.Minted) {
	if err := d.Store.EndLink(ctx, link.Hash); err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("link_not_ended", err))
	}
}

// exitLink stores why Link ended without success, in the audit and as an event of Link.
func (d *Door) exitLink(w http.ResponseWriter, r *http.Request) error {
	a, err := d.readAction(r)
	if err != nil {
		return err
	}
	_, err = d.commit(r.Context(), a.connection.ID, item.LinkLeft, time.Time{}, map[string]any{
		"slot": a.grant.Slot, "link_session_id": clip(a.report.LinkSessionID), "status": clip(a.report.Status),
		"error_code": clip(a.report.ErrorCode),
	})
	if err != nil {
		return err
	}
	event := a.event(linksession.EventExit)
	event.Status, event.ErrorType = clip(a.report.Status), clip(a.report.ErrorType)
	if err := d.Store.KeepLinkEvent(r.Context(), event); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("funnel_not_kept", err))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keepEvent stores an event of Link. The workflow does not get it.
func (d *Door) keepEvent(w http.ResponseWriter, r *http.Request) error {
	a, err := d.readAction(r)
	if err != nil {
		return err
	}
	if a.report.EventName == "" {
		return web.Invalid("/event_name", "is missing")
	}
	if err := d.Store.KeepLinkEvent(r.Context(), a.event(clip(a.report.EventName))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// event returns the event of Link that the action reports.
func (a linkAction) event(name string) linksession.Event {
	reported, _ := time.Parse(time.RFC3339, a.report.Timestamp) // zero if malformed: nothing depends on the browser's clock
	return linksession.Event{
		ItemID: a.connection.ID, Slot: a.grant.Slot, Session: clip(a.report.LinkSessionID), Event: name, View: clip(a.report.ViewName),
		ErrorCode: clip(a.report.ErrorCode), SaidAt: reported, At: time.Now(),
	}
}
