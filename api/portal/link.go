package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/mailing"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

// Why Link is not offered. The page has words for each.
const (
	reasonConnected = "connected" // there is nothing left to repair
	reasonBankDown  = "bank_down" // sign-ins at the bank do not work now
	reasonEnded     = "ended"     // Plaid does not allow a repair any more
)

func notOffered(w http.ResponseWriter, reason string) error {
	return web.WriteJSON(w, http.StatusConflict, map[string]any{"reason": reason})
}

// mintLinkToken gives the page an update-mode link token, or the URL of Hosted Link. First it stores the token, sealed,
// so that Plaid can be asked later how the session ended, and commits the opening of Link.
func (d *Door) mintLinkToken(w http.ResponseWriter, r *http.Request) error {
	a, err := d.readAction(r)
	if err != nil {
		return err
	}
	if a.connection.State == item.Connected {
		return notOffered(w, reasonConnected)
	}
	if d.banksDown(r.Context(), []mailing.Connection{a.connection})[a.connection.InstitutionID] {
		return notOffered(w, reasonBankDown)
	}
	mintedAt := time.Now() // before the mint: evidence that comes meanwhile must not count as older than the token
	token, err := d.updateLink(r.Context(), a)
	if err != nil {
		return d.notMinted(w, r, a, err)
	}
	hosted := token.HostedURL != ""
	cookie, browser := d.newLinkCookie()
	err = d.Store.KeepLinkToken(r.Context(), linksession.Minted{
		ItemID: a.connection.ID, Token: token.Sealed, Hash: token.Hash, Hosted: hosted, MerchantID: a.merchant.ID, Slot: a.grant.Slot,
		LinkExpires: a.grant.Expires, Browser: browser, MintedAt: mintedAt, ExpiresAt: token.ExpiresAt,
	})
	if err != nil {
		return err
	}
	until, data := token.ExpiresAt, map[string]any{"slot": a.grant.Slot, "link_token_expires_at": token.ExpiresAt}
	if hosted { // the end of Plaid's own page is not reported, so an opening must not pause mails
		until, data = time.Time{}, map[string]any{"slot": a.grant.Slot, "hosted": true}
	}
	hint, err := d.commit(r.Context(), a.connection.ID, item.LinkOpened, until, data)
	if err != nil {
		return err
	}
	// The hint is committed. This only pauses mails a moment earlier.
	quick, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if _, err := d.Workflows.Opened(quick, a.connection.ID, hint); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("workflow_not_signalled", err))
	}
	http.SetCookie(w, cookie)
	if hosted {
		return web.WriteJSON(w, http.StatusOK, map[string]any{"hosted_link_url": token.HostedURL.Reveal(), "expires_at": token.ExpiresAt})
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"link_token": token.Token.Reveal(), "expires_at": token.ExpiresAt})
}

// updateLink asks Plaid for an update-mode link token.
func (d *Door) updateLink(ctx context.Context, a linkAction) (plaid.LinkToken, error) {
	sealed, err := d.Store.Token(ctx, a.connection.ID)
	if err != nil {
		return plaid.LinkToken{}, err
	}
	in := plaid.UpdateLink{
		ItemID: a.connection.ID, Sealed: sealed, MerchantID: a.merchant.ID,
		Language: plaid.LinkLanguage(a.merchant.Locale), CountryCodes: a.merchant.CountryCodes,
		AccountSelection: a.connection.Cause == item.AccountsMissing,
		RedirectURI:      d.redirectURI, Webhook: d.opts.WebhookURL,
	}
	if d.hosted(a.merchant) {
		// Plaid's own page takes the merchant back from the bank. A redirect_uri would bypass that page.
		in.HostedReturn, in.RedirectURI = d.returnURL, ""
	}
	return d.Plaid.UpdateLinkToken(ctx, in)
}

// hosted reports whether a merchant gets Hosted Link. The merchant's own setting decides, or else the country.
func (d *Door) hosted(m enrolment.Merchant) bool {
	if m.HostedLink != nil {
		return *m.HostedLink
	}
	return slices.ContainsFunc(m.CountryCodes, func(code string) bool { return slices.Contains(d.opts.HostedCountries, code) })
}

// notMinted responds to a merchant whose link token Plaid refused. If update mode can never repair the Item again, the
// page shows that, and a hint makes the Item's workflow ask Plaid. Any other cause is returned as an error.
func (d *Door) notMinted(w http.ResponseWriter, r *http.Request, a linkAction, cause error) error {
	var e *plaid.Error
	if !errors.As(cause, &e) || !e.PastUpdateMode() {
		return cause
	}
	telemetry.EventIn(r.Context()).Set(zap.NamedError("not_minted", cause))
	_, err := d.commit(r.Context(), a.connection.ID, item.LinkLeft, time.Time{}, map[string]any{"slot": a.grant.Slot, "error_code": e.Code})
	if err != nil {
		return err
	}
	return notOffered(w, reasonEnded)
}
