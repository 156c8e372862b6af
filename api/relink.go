package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relink/api/portal/page"
	"relink/internal/deeplink"
	"relink/internal/item"
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
	return s.writeRelink(w, r, merchant, connections, page.Relink{Token: r.PathValue("token")})
}

// writeRelink writes the page of a merchant's connections; view says what is not the same each time.
func (s *Server) writeRelink(w http.ResponseWriter, r *http.Request, m item.Merchant, connections []item.Connection, view page.Relink) error {
	view.BusinessName, view.Locale, view.LinkScriptURL = m.BusinessName, m.Locale, s.opts.LinkScriptURL
	down := s.banksDown(r.Context(), connections)
	for _, c := range connections {
		shown := page.Connection{
			ItemID: string(c.ID), Institution: c.Institution, State: string(c.State), Cause: string(c.Cause),
			BrokenSince: c.BrokenSince, EndsAt: c.EndsAt, Done: c.State == item.Connected, BankDown: down[c.InstitutionID],
		}
		for _, a := range c.Accounts {
			shown.Accounts = append(shown.Accounts, page.Account{Name: a.Name, Mask: a.Mask})
		}
		view.Connections = append(view.Connections, shown)
	}
	return s.writePage(w, http.StatusOK, func(w io.Writer) error { return s.Pages.Relink(w, view) })
}

// bankWithin is how long a merchant waits for Plaid's word about a bank. Without it the bank is taken to be up: Link
// says so itself when it is not.
const bankWithin = time.Second

// banksDown answers the institutions of the connections that wait for the merchant where nobody can sign in now.
func (s *Server) banksDown(ctx context.Context, connections []item.Connection) map[string]bool {
	ctx, cancel := context.WithTimeout(ctx, bankWithin)
	defer cancel()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		down = map[string]bool{}
	)
	var asked []string
	for _, c := range connections {
		if !c.State.NeedsMerchant() || c.InstitutionID == "" || slices.Contains(asked, c.InstitutionID) {
			continue
		}
		asked = append(asked, c.InstitutionID)
		wg.Go(func() {
			isDown, err := s.Plaid.LoginsDown(ctx, c.InstitutionID)
			if err != nil {
				telemetry.EventIn(ctx).Set(zap.NamedError("bank_not_asked", err))
			}
			mu.Lock()
			defer mu.Unlock()
			down[c.InstitutionID] = err == nil && isDown
		})
	}
	wg.Wait()
	return down
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

// writePage writes a whole page or nothing.
func (s *Server) writePage(w http.ResponseWriter, status int, render func(io.Writer) error) error {
	var html bytes.Buffer
	if err := render(&html); err != nil {
		return err
	}
	s.pageHeaders(w)
	w.WriteHeader(status)
	_, err := w.Write(html.Bytes())
	return err
}

// localeOf is the language that the browser asks for, where there is no merchant: what a dead link and a made-up one are
// answered must not differ by whose the link was.
func localeOf(r *http.Request) string { return r.Header.Get("Accept-Language") }

// problemPage answers a merchant, who gets a page and never a bare status.
func (s *Server) problemPage(w http.ResponseWriter, r *http.Request, f *fault) {
	render := func(w io.Writer) error { return s.Pages.Problem(w, localeOf(r)) }
	if f.status == http.StatusNotFound {
		render = func(w io.Writer) error { return s.Pages.Over(w, localeOf(r), r.PathValue("token")) }
	}
	if err := s.writePage(w, f.status, render); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_rendered", err))
		http.Error(w, f.public, f.status)
	}
}
