package portal

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relink/api/portal/page"
	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/telemetry"
)

// showRelink writes the merchant's page. It has no effect, because mail scanners open every link.
func (d *Door) showRelink(w http.ResponseWriter, r *http.Request) error {
	g, err := web.FromContext[deeplink.Grant](r)
	if err != nil {
		return err
	}
	merchant, connections, err := d.Store.Merchant(r.Context(), g.MerchantID)
	if err != nil {
		return err
	}
	return d.writeRelink(w, r, merchant, connections, page.Relink{Token: r.PathValue("token")})
}

// writeRelink writes the page of a merchant's connections. The caller sets the fields of view that differ between uses.
func (d *Door) writeRelink(
	w http.ResponseWriter, r *http.Request, m enrolment.Merchant, connections []mailing.Connection, view page.Relink,
) error {
	view.BusinessName, view.Locale, view.LinkScriptURL = m.BusinessName, m.Locale, d.opts.LinkScriptURL
	down := d.banksDown(r.Context(), connections)
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
	return d.writePage(w, http.StatusOK, func(w io.Writer) error { return d.Pages.Relink(w, view) })
}

// bankWithin is how long a merchant waits for Plaid's status of a bank. Without a status the bank counts as up: if it
// is down, Link shows that.
const bankWithin = time.Second

// banksDown returns the institutions at which sign-ins do not work now. It asks about the institutions of connections
// that need the merchant.
func (d *Door) banksDown(ctx context.Context, connections []mailing.Connection) map[string]bool {
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
			isDown, err := d.Plaid.LoginsDown(ctx, c.InstitutionID)
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

// writePage writes a whole page or nothing.
func (d *Door) writePage(w http.ResponseWriter, status int, render func(io.Writer) error) error {
	return web.WritePage(w, status, func(h http.Header) {
		h.Set("Content-Security-Policy", page.CSP(d.opts.LinkScriptURL))
	}, render)
}

// localeOf returns the language that the browser asks for. Pages without a merchant use it: the responses to an expired
// and to a forged link must not differ, so the merchant's own language must not show.
func localeOf(r *http.Request) string { return r.Header.Get("Accept-Language") }

// errorPage is the ErrorWriter of pages. A merchant gets a page, never a bare status.
func (d *Door) errorPage(w http.ResponseWriter, r *http.Request, e *web.Error) {
	render := func(w io.Writer) error { return d.Pages.Problem(w, localeOf(r)) }
	if e.Kind.Status == http.StatusNotFound {
		render = func(w io.Writer) error { return d.Pages.LinkOver(w, localeOf(r), r.PathValue("token")) }
	}
	if err := d.writePage(w, e.Kind.Status, render); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_rendered", err))
		http.Error(w, e.Detail, e.Kind.Status)
	}
}
