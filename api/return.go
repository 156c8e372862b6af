package api

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/api/portal/page"
	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

const (
	// linkCookie binds a link token to the browser it was minted in. Each mint makes a new value: one that somebody put
	// into the browser before never stands for anything.
	linkCookie = "relink_link"
	// linkCookieLife is how long a browser may stay at the bank's.
	linkCookieLife = 30 * time.Minute
)

// newLinkCookie answers a cookie that nobody else has, and the hash that stands for it. SameSite=Lax lets it come along
// when the bank leads the browser back, and with no POST of another site.
func (s *Server) newLinkCookie() (cookie *http.Cookie, browser []byte) {
	value := rand.Text()
	return &http.Cookie{ //nolint:gosec // Secure wherever we are reached by https; on this machine there may be none
		Name: linkCookie, Value: value, Path: "/relink", MaxAge: int(linkCookieLife.Seconds()), HttpOnly: true,
		Secure: strings.HasPrefix(s.origin, "https://"), SameSite: http.SameSiteLaxMode,
	}, browserOf(value)
}

func browserOf(cookie string) []byte {
	hash := sha256.Sum256([]byte(cookie))
	return hash[:]
}

// returning answers the link token that the merchant comes back with: the one minted in this browser or, when the bank's
// app has brought another one, that of the merchant who is signed in there. Else it answers item.ErrUnknown.
func (s *Server) returning(r *http.Request) (item.MintedLink, error) {
	for _, cookie := range r.CookiesNamed(linkCookie) { // more than one, when somebody planted another beside ours
		link, err := s.Store.LinkInBrowser(r.Context(), browserOf(cookie.Value))
		if !errors.Is(err, item.ErrUnknown) {
			return link, err
		}
	}
	if owner := s.owner(r); owner != "" {
		return s.Store.LinkOfMerchant(r.Context(), owner)
	}
	return item.MintedLink{}, item.ErrUnknown
}

// owner answers the merchant whom the person who is signed in speaks for, by the issuer's claim signin.MerchantClaim. A
// person without the claim, or without the role, is nobody's owner.
func (s *Server) owner(r *http.Request) string {
	if s.Web == nil {
		return ""
	}
	caller, err := s.Web.Caller(r)
	if err != nil {
		if !errors.Is(err, signin.ErrUnauthenticated) {
			telemetry.EventIn(r.Context()).Set(zap.NamedError("session_not_read", err))
		}
		return ""
	}
	if !caller.Has(signin.ItemsReadSelf) {
		return ""
	}
	return caller.Merchant
}

// linkHere answers the link token of a visit's connection that this browser comes back with, if there is one that has
// not ended.
func (s *Server) linkHere(r *http.Request, v visit) (link item.MintedLink, here bool, err error) {
	link, err = s.returning(r)
	if errors.Is(err, item.ErrUnknown) {
		return item.MintedLink{}, false, nil
	}
	if err != nil {
		return item.MintedLink{}, false, err
	}
	here = link.ItemID == v.connection.ID && link.MerchantID == v.merchant.ID && !link.Ended
	return link, here, nil
}

// showReturn renders the page to a merchant who comes back from the bank's own pages, or from Hosted Link. It has no
// effect, and leads nowhere: what the query says is for Link, in the browser, alone. In another browser than the one that
// Link was opened in, where nobody is signed in as the merchant, it says that the mail has to be opened again.
func (s *Server) showReturn(w http.ResponseWriter, r *http.Request) error {
	link, err := s.returning(r)
	if errors.Is(err, item.ErrUnknown) {
		return s.writePage(w, http.StatusOK, func(w io.Writer) error { return s.Pages.Elsewhere(w, localeOf(r)) })
	}
	if err != nil {
		return err
	}
	token := s.Links.Token(deeplink.Grant{MerchantID: link.MerchantID, Slot: link.Slot, Expires: link.LinkExpires})
	if _, err := s.Links.Parse(token, time.Now()); err != nil {
		r.SetPathValue("token", token)
		return refuse(http.StatusNotFound, "this link is not valid any more", err)
	}
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", link.MerchantID), zap.String("slot", link.Slot), zap.String("item_id", string(link.ItemID)))
	merchant, connections, err := s.Store.Merchant(r.Context(), link.MerchantID)
	if err != nil {
		return err
	}
	view := page.Relink{Token: token}
	if s.resumable(r, link, connections) {
		view.Resume, view.Hosted = string(link.ItemID), link.Hosted
	}
	return s.writeRelink(w, r, merchant, connections, view)
}

// resumable reports whether there is something to go on with. Link wants a bank's oauth_state_id: a return without one is
// somebody's reload.
func (s *Server) resumable(r *http.Request, link item.MintedLink, connections []item.Connection) bool {
	if link.Ended || (!link.Hosted && r.URL.Query().Get("oauth_state_id") == "") {
		return false
	}
	return slices.ContainsFunc(connections, func(c item.Connection) bool { return c.ID == link.ItemID && c.State.NeedsMerchant() })
}

// resumeLink answers the link token that Link was opened with before the bank's own pages: Link goes on with the same one
// alone. Whoever has only the deep link, or only the cookie, gets none; nor does anybody once it has ended.
func (s *Server) resumeLink(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	link, here, err := s.linkHere(r, v)
	if err != nil {
		return err
	}
	if !here || link.Hosted {
		return refuse(http.StatusNotFound, "there is nothing to go on with in this browser", nil)
	}
	if v.connection.State == item.Connected {
		return notOffered(w, reasonConnected)
	}
	token, err := s.Plaid.OpenLinkToken(link.Token)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"link_token": token.Reveal(), "expires_at": link.ExpiresAt})
}
