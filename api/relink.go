package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/api/page"
	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

// showRelink renders the merchant's page. It has no effect: mail scanners open every link.
func (s *Server) showRelink(w http.ResponseWriter, r *http.Request) error {
	g, err := found[deeplink.Grant](r, grantKey)
	if err != nil {
		return err
	}
	merchant, connections, err := s.Store.Merchant(r.Context(), g.MerchantID)
	if err != nil {
		return err
	}
	view := page.Relink{BusinessName: merchant.BusinessName, Token: r.PathValue("token"), LinkScriptURL: s.opts.LinkScriptURL}
	for _, c := range connections {
		view.Connections = append(view.Connections, page.Connection{
			ItemID: string(c.ID), Institution: c.Institution, State: string(c.State), Cause: string(c.Cause),
			BrokenSince: c.BrokenSince, EndsAt: c.EndsAt, Done: c.State == item.Connected,
		})
	}
	var html bytes.Buffer
	if err := s.Pages.Relink(&html, view); err != nil {
		return err
	}
	s.pageHeaders(w)
	_, err = w.Write(html.Bytes())
	return err
}

func (s *Server) pageHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", page.CSP(s.opts.LinkScriptURL))
	h.Set("Referrer-Policy", "no-referrer") // the path is a secret
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
}

// problemPage answers a merchant, who gets a page and never a bare status.
func (s *Server) problemPage(w http.ResponseWriter, r *http.Request, f *fault) {
	render, status := s.Pages.Problem, f.status
	if status == http.StatusNotFound {
		render = s.Pages.Over
	}
	var html bytes.Buffer
	if err := render(&html); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_rendered", err))
		http.Error(w, f.public, f.status)
		return
	}
	s.pageHeaders(w)
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes())
}

// alreadyConnected is the answer to an act on a connection that needs nothing any more.
const alreadyConnected = "this connection works already"

// covered answers the connection that an act is about, if it is one of the merchant's.
func (s *Server) covered(ctx context.Context, g deeplink.Grant, id string) (item.Merchant, item.Connection, error) {
	merchant, connections, err := s.Store.Merchant(ctx, g.MerchantID)
	if err != nil {
		return item.Merchant{}, item.Connection{}, err
	}
	i := slices.IndexFunc(connections, func(c item.Connection) bool { return string(c.ID) == id })
	if i < 0 {
		return item.Merchant{}, item.Connection{}, refuse(http.StatusNotFound, "this link does not cover item_id "+id, nil)
	}
	telemetry.EventIn(ctx).Set(zap.String("item_id", id))
	return merchant, connections[i], nil
}

// linkReport is what the page says of Link; only item_id is always there.
type linkReport struct {
	ItemID        string `json:"item_id"`
	LinkSessionID string `json:"link_session_id"`
	Status        string `json:"status"`
	ErrorCode     string `json:"error_code"`
}

// visit is a merchant's act on one of the connections that the deep link covers.
type visit struct {
	slot       string // of the mail that brought the merchant here
	merchant   item.Merchant
	connection item.Connection
	said       linkReport
}

func (s *Server) visit(r *http.Request) (visit, error) {
	g, err := found[deeplink.Grant](r, grantKey)
	if err != nil {
		return visit{}, err
	}
	v := visit{slot: g.Slot}
	if err := readJSON(r, &v.said); err != nil {
		return visit{}, err
	}
	v.merchant, v.connection, err = s.covered(r.Context(), g, v.said.ItemID)
	return v, err
}

// mintLinkToken gives the page an update-mode link token. The token is kept, sealed, before the page gets it, so that
// Plaid can be asked later how its session ended; and that Link was opened is committed.
func (s *Server) mintLinkToken(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	connection := v.connection
	if connection.State == item.Connected {
		return writeJSON(w, http.StatusConflict, map[string]any{"state": connection.State, "detail": alreadyConnected})
	}
	sealed, err := s.Store.Token(r.Context(), connection.ID)
	if err != nil {
		return err
	}
	mintedAt := time.Now() // before the mint: what comes to light meanwhile must not count as older than the token
	token, err := s.Plaid.UpdateLinkToken(r.Context(), plaid.UpdateLink{
		ItemID: connection.ID, Sealed: sealed, MerchantID: v.merchant.ID, Language: language(v.merchant.Locale),
		AccountSelection: connection.Cause == item.AccountsMissing,
	})
	if err != nil {
		return err
	}
	if err := s.Store.KeepLinkToken(r.Context(), connection.ID, token.Sealed, mintedAt, token.ExpiresAt); err != nil {
		return err
	}
	hint, err := s.act(r.Context(), connection.ID, item.LinkOpened, token.ExpiresAt,
		map[string]any{"slot": v.slot, "link_token_expires_at": token.ExpiresAt})
	if err != nil {
		return err
	}
	// The hint is safe; this only pauses mails a moment earlier.
	quick, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.Lives.Opened(quick, connection.ID, hint); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("workflow_not_told", err))
	}
	return writeJSON(w, http.StatusOK, map[string]any{"link_token": token.Token.Reveal(), "expires_at": token.ExpiresAt})
}

// act commits a merchant's act and answers the hint that stands for it.
func (s *Server) act(ctx context.Context, id item.ID, code string, until time.Time, data any) (item.Hint, error) {
	receipt, err := s.Store.Act(ctx, item.Arrival{
		Source: item.FromPortal, Environment: s.opts.Environment, ItemID: id, Code: code, Until: until, Trace: telemetry.Traceparent(ctx),
	}, time.Now(), data)
	if err != nil {
		return item.Hint{}, err
	}
	s.Dispatcher.Nudge()
	telemetry.EventIn(ctx).Set(zap.String("code", code), zap.Int64("inbox_id", receipt.RowID))
	return item.Hint{
		Source: item.FromPortal, Code: code, InboxIDs: []int64{receipt.RowID}, Until: until, Trace: telemetry.Traceparent(ctx),
	}, nil
}

// verifyWithin is how long a merchant waits for Plaid's word before the page says that we are still checking.
const verifyWithin = 8 * time.Second

// completeLink takes the browser's word that Link succeeded, commits it, and answers what Plaid says.
func (s *Server) completeLink(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	hint, err := s.act(r.Context(), v.connection.ID, item.LinkFinished, time.Time{},
		map[string]any{"slot": v.slot, "link_session_id": clip(v.said.LinkSessionID)})
	if err != nil {
		return err
	}
	quick, cancel := context.WithTimeout(r.Context(), verifyWithin)
	defer cancel()
	standing, err := s.Lives.Completed(quick, v.connection.ID, hint)
	if err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_verified", err))
	} else {
		telemetry.EventIn(r.Context()).Set(zap.String("state", string(standing.State)), zap.Bool("verifying", standing.Verifying))
	}
	if err != nil || standing.Verifying {
		return writeJSON(w, http.StatusOK, map[string]any{"state": "verifying"})
	}
	return writeJSON(w, http.StatusOK, standing)
}

// exitLink records why Link ended without success.
func (s *Server) exitLink(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	_, err = s.act(r.Context(), v.connection.ID, item.LinkLeft, time.Time{}, map[string]any{
		"slot": v.slot, "link_session_id": clip(v.said.LinkSessionID), "status": clip(v.said.Status), "error_code": clip(v.said.ErrorCode),
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// clip bounds what a browser may write into the audit.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most]
	}
	return s
}

// language is the part of a locale that Link wants.
func language(locale string) string {
	for i, c := range locale {
		if c == '-' || c == '_' {
			return locale[:i]
		}
	}
	return locale
}
