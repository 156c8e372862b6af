package portal

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
	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/mailing"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

const (
	// linkCookie binds a link token to the browser that it was minted in. Each mint makes a new value, so a value that
	// somebody planted in the browser before has no meaning.
	linkCookie = "relink_link"
	// linkCookieLife is how long a merchant may stay on the bank's pages.
	linkCookieLife = 30 * time.Minute
)

// newLinkCookie returns a cookie with a random value, and the hash under which it is stored. With SameSite=Lax the
// browser sends it when the bank leads back to us, and not with a POST of another site.
func (d *Door) newLinkCookie() (cookie *http.Cookie, browser []byte) {
	value := rand.Text()
	return &http.Cookie{ //nolint:gosec // Secure wherever we are reached by https; on a developer's machine there may be none
		Name: linkCookie, Value: value, Path: "/relink", MaxAge: int(linkCookieLife.Seconds()), HttpOnly: true,
		Secure: strings.HasPrefix(d.origin, "https://"), SameSite: http.SameSiteLaxMode,
	}, browserOf(value)
}

// browserOf returns the hash of a browser's cookie.
func browserOf(cookie string) []byte {
	hash := sha256.Sum256([]byte(cookie))
	return hash[:]
}

// linkOfBrowser returns the link token that was minted in this browser. If the bank's app opened another browser, it
// returns that of the merchant who is signed in there. If there is none, it returns item.ErrUnknown.
func (d *Door) linkOfBrowser(r *http.Request) (linksession.Minted, error) {
	for _, cookie := range r.CookiesNamed(linkCookie) { // there are several if somebody planted one beside ours
		link, err := d.Store.LinkInBrowser(r.Context(), browserOf(cookie.Value))
		if !errors.Is(err, item.ErrUnknown) {
			return link, err
		}
	}
	if merchant := d.merchantOfSession(r); merchant != "" {
		return d.Store.LinkOfMerchant(r.Context(), merchant)
	}
	return linksession.Minted{}, item.ErrUnknown
}

// merchantOfSession returns the id of the merchant that the signed-in person represents, from the issuer's claim
// signin.MerchantClaim. It returns "" for a person without the claim or without the role.
func (d *Door) merchantOfSession(r *http.Request) string {
	if d.Web == nil {
		return ""
	}
	caller, err := d.Web.Caller(r)
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

// sameBrowser returns the link token of this browser. same reports whether it belongs to the action's connection and
// has not ended.
func (d *Door) sameBrowser(r *http.Request, a linkAction) (link linksession.Minted, same bool, err error) {
	link, err = d.linkOfBrowser(r)
	if errors.Is(err, item.ErrUnknown) {
		return linksession.Minted{}, false, nil
	}
	if err != nil {
		return linksession.Minted{}, false, err
	}
	same = link.ItemID == a.connection.ID && link.MerchantID == a.merchant.ID && !link.Ended
	return link, same, nil
}

// showReturn writes the page for a merchant who comes back from the bank's own pages, or from Hosted Link. It has no
// effect and does not redirect, because only Link in the browser reads the query. If Link was not opened in this
// browser, and the merchant is not signed in, the page asks the merchant to open the mail again.
func (d *Door) showReturn(w http.ResponseWriter, r *http.Request) error {
	link, err := d.linkOfBrowser(r)
	if errors.Is(err, item.ErrUnknown) {
		return d.writePage(w, http.StatusOK, func(w io.Writer) error { return d.Pages.OtherBrowser(w, localeOf(r)) })
	}
	if err != nil {
		return err
	}
	token := d.Links.Token(deeplink.Grant{MerchantID: link.MerchantID, Slot: link.Slot, Expires: link.LinkExpires})
	if _, err := d.Links.Parse(token, time.Now()); err != nil {
		r.SetPathValue("token", token)
		return web.Refuse(web.NotFound, "this link is not valid any more", err)
	}
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", link.MerchantID), zap.String("slot", link.Slot),
		zap.String("item_id", string(link.ItemID)))
	merchant, connections, err := d.Store.Merchant(r.Context(), link.MerchantID)
	if err != nil {
		return err
	}
	view := page.Relink{Token: token}
	if d.resumable(r, link, connections) {
		view.Resume, view.Hosted = string(link.ItemID), link.Hosted
	}
	return d.writeRelink(w, r, merchant, connections, view)
}

// resumable reports whether Link can continue. Link needs the bank's oauth_state_id; a return without one is a reload
// of the page.
func (d *Door) resumable(r *http.Request, link linksession.Minted, connections []mailing.Connection) bool {
	if link.Ended || (!link.Hosted && r.URL.Query().Get("oauth_state_id") == "") {
		return false
	}
	return slices.ContainsFunc(connections, func(c mailing.Connection) bool { return c.ID == link.ItemID && c.State.NeedsMerchant() })
}

// resumeLink writes the link token with which Link was opened before the bank's own pages, because Link continues only
// with the same token. It needs the deep link and the cookie together, and refuses a token that has ended.
func (d *Door) resumeLink(w http.ResponseWriter, r *http.Request) error {
	a, err := d.readAction(r)
	if err != nil {
		return err
	}
	link, same, err := d.sameBrowser(r, a)
	if err != nil {
		return err
	}
	if !same || link.Hosted {
		return web.Refuse(web.NotFound, "there is nothing to go on with in this browser", nil)
	}
	if a.connection.State == item.Connected {
		return notOffered(w, reasonConnected)
	}
	token, err := d.Plaid.OpenLinkToken(link.Token)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"link_token": token.Reveal(), "expires_at": link.ExpiresAt})
}
