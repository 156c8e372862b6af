package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

// Why Link is not offered; the page has words for each.
const (
	reasonConnected = "connected" // there is nothing to repair any more
	reasonBankDown  = "bank_down" // nobody can sign in at the bank now
	reasonEnded     = "ended"     // Plaid lets nobody repair it any more
)

func notOffered(w http.ResponseWriter, reason string) error {
	return writeJSON(w, http.StatusConflict, map[string]any{"reason": reason})
}

// mintLinkToken gives the page an update-mode link token, or where Hosted Link is. The token is kept, sealed, before the
// page gets it, so that Plaid can be asked later how its session ended; and that Link was opened is committed.
func (s *Server) mintLinkToken(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	if v.connection.State == item.Connected {
		return notOffered(w, reasonConnected)
	}
	if s.banksDown(r.Context(), []item.Connection{v.connection})[v.connection.InstitutionID] {
		return notOffered(w, reasonBankDown)
	}
	mintedAt := time.Now() // before the mint: what comes to light meanwhile must not count as older than the token
	token, err := s.updateLink(r.Context(), v)
	if err != nil {
		return s.notMinted(w, r, v, err)
	}
	hosted := token.HostedURL != ""
	cookie, browser := s.newLinkCookie()
	err = s.Store.KeepLinkToken(r.Context(), item.MintedLink{
		ItemID: v.connection.ID, Token: token.Sealed, Hash: token.Hash, Hosted: hosted, MerchantID: v.merchant.ID, Slot: v.grant.Slot,
		LinkExpires: v.grant.Expires, Browser: browser, MintedAt: mintedAt, ExpiresAt: token.ExpiresAt,
	})
	if err != nil {
		return err
	}
	until, data := token.ExpiresAt, map[string]any{"slot": v.grant.Slot, "link_token_expires_at": token.ExpiresAt}
	if hosted { // nobody tells when that page is closed, so it pauses no mails
		until, data = time.Time{}, map[string]any{"slot": v.grant.Slot, "hosted": true}
	}
	hint, err := s.act(r.Context(), v.connection.ID, item.LinkOpened, until, data)
	if err != nil {
		return err
	}
	// The hint is safe; this only pauses mails a moment earlier.
	quick, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.Lives.Opened(quick, v.connection.ID, hint); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("workflow_not_told", err))
	}
	http.SetCookie(w, cookie)
	if hosted {
		return writeJSON(w, http.StatusOK, map[string]any{"hosted_link_url": token.HostedURL.Reveal(), "expires_at": token.ExpiresAt})
	}
	return writeJSON(w, http.StatusOK, map[string]any{"link_token": token.Token.Reveal(), "expires_at": token.ExpiresAt})
}

// updateLink asks Plaid for the link token of a merchant's visit.
func (s *Server) updateLink(ctx context.Context, v visit) (plaid.LinkToken, error) {
	sealed, err := s.Store.Token(ctx, v.connection.ID)
	if err != nil {
		return plaid.LinkToken{}, err
	}
	in := plaid.UpdateLink{
		ItemID: v.connection.ID, Sealed: sealed, MerchantID: v.merchant.ID,
		Language: plaid.LinkLanguage(v.merchant.Locale), CountryCodes: v.merchant.CountryCodes,
		AccountSelection: v.connection.Cause == item.AccountsMissing,
		RedirectURI:      s.redirectURI, Webhook: s.webhookURL(),
	}
	if s.hosted(v.merchant) {
		// Plaid's own page takes the merchant back from the bank itself: redirect_uri would lead past it.
		in.HostedReturn, in.RedirectURI = s.returnURL, ""
	}
	return s.Plaid.UpdateLinkToken(ctx, in)
}

// hosted reports whether a merchant gets Hosted Link: by their own setting, or else by their country.
func (s *Server) hosted(m item.Merchant) bool {
	if m.HostedLink != nil {
		return *m.HostedLink
	}
	return slices.ContainsFunc(m.CountryCodes, func(code string) bool { return slices.Contains(s.opts.HostedCountries, code) })
}

// notMinted answers for a link token that Plaid refused. Where update mode is over for good the page says so, and the
// Item's workflow finds out by asking Plaid.
func (s *Server) notMinted(w http.ResponseWriter, r *http.Request, v visit, cause error) error {
	var e *plaid.Error
	if !errors.As(cause, &e) || !e.PastUpdateMode() {
		return cause
	}
	telemetry.EventIn(r.Context()).Set(zap.NamedError("not_minted", cause))
	_, err := s.act(r.Context(), v.connection.ID, item.LinkLeft, time.Time{}, map[string]any{"slot": v.grant.Slot, "error_code": e.Code})
	if err != nil {
		return err
	}
	return notOffered(w, reasonEnded)
}

// returnPath is where a bank's own pages, and Hosted Link, lead back to.
const returnPath = "/relink/return"

// leadsBack checks that Plaid takes a URL as redirect_uri: https, or, in Sandbox, http on this machine; without query and
// fragment (https://plaid.com/docs/link/oauth). It must also be on the dashboard's list of allowed ones.
func leadsBack(environment, returnURL string) error {
	u, err := url.Parse(returnURL)
	if err != nil {
		return fmt.Errorf("read return URL: %w", err)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	switch {
	case u.RawQuery != "" || u.Fragment != "" || strings.Contains(returnURL, "*"):
		return errors.New("it has a query, a fragment or a wildcard")
	case u.Scheme == "https", u.Scheme == "http" && local && environment == "sandbox":
		return nil
	}
	return errors.New("it is not https")
}
