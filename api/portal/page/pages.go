package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"time"

	"relink/api/web/asset"
	"relink/internal/item"
	"relink/internal/wording"
)

//go:embed templates
var templates embed.FS

//go:embed assets
var assetFiles embed.FS

// Pages renders the merchant's pages. It is safe for concurrent use.
type Pages struct {
	views  *template.Template
	assets *asset.Set
}

// New parses the embedded templates and names the assets by their content.
func New() (*Pages, error) {
	a, err := asset.Load(assetFiles, "assets", "/relink/assets/")
	if err != nil {
		return nil, err
	}
	views, err := a.Views(templates)
	if err != nil {
		return nil, err
	}
	return &Pages{views: views, assets: a}, nil
}

// Assets returns the handler of GET /relink/assets/{name}.
func (p *Pages) Assets() http.Handler { return p.assets }

// Connection is one Item as its merchant sees it.
type Connection struct {
	ItemID      string
	Institution string
	Cause       string // an item.Cause; a cause that we do not know gets general words
	State       string // an item.State
	BrokenSince time.Time
	EndsAt      time.Time // when an expiring connection ends
	Done        bool      // the merchant has nothing to do
	Accounts    []Account // the accounts that it shares or shared; may be empty
	BankDown    bool      // sign-ins at the bank do not work, so the page does not offer Link
}

// Account is one account as the merchant knows it.
type Account struct {
	Name string // "Plaid Checking"
	Mask string // the last two to four characters of its number; may be empty
}

// Relink holds what the page behind a valid deep link shows.
type Relink struct {
	BusinessName  string
	Locale        string // BCP 47, the merchant's; a language that we do not have gives English
	Token         string // the deep link's token, for the paths of the page's POSTs
	Connections   []Connection
	LinkScriptURL string // Plaid Link's JavaScript; the page fetches it only at the click
	// Resume is the Item whose Link session this browser continues after the bank's own pages, or "".
	Resume string
	// Hosted is set if the session ran on Plaid's own pages. The script then opens nothing and only asks how it ended.
	Hosted bool
}

// Relink writes the page of a merchant's connections, the broken ones first. If none is broken, the page says that
// there is nothing to do. assets/relink.js documents the page's contract with the api.
func (p *Pages) Relink(w io.Writer, r Relink) error {
	return p.render(w, "relink.html", composer{wording.For(r.Locale)}.relink(r))
}

// LinkOver writes the page of a link that is expired, unknown or forged. It offers to mail a new link. Apart from the
// token that the browser sent, the page is the same in all three cases, so that it does not reveal which one it is. For
// the same reason the locale must come from the request, never from the merchant.
func (p *Pages) LinkOver(w io.Writer, locale, token string) error {
	return p.render(w, "message.html", composer{wording.For(locale)}.linkOver(token))
}

// Problem writes the page that says that something went wrong on our side.
func (p *Pages) Problem(w io.Writer, locale string) error {
	return p.render(w, "message.html", composer{wording.For(locale)}.problem())
}

// OtherBrowser writes the page for a bank's return to a browser that did not open Link. It asks the merchant to open
// the mail again.
func (p *Pages) OtherBrowser(w io.Writer, locale string) error {
	return p.render(w, "message.html", composer{wording.For(locale)}.otherBrowser())
}

// NewLinkSent writes the page that follows a request for a new link. The bytes are the same whether the link was one of
// ours or not.
func (p *Pages) NewLinkSent(w io.Writer, locale string) error {
	return p.render(w, "message.html", composer{wording.For(locale)}.newLinkSent())
}

// Unsubscribe writes the page that asks whether reminders are to stop. Nothing happens until the button is pressed.
// The locale must come from the request: a made-up token gets the same page.
func (p *Pages) Unsubscribe(w io.Writer, locale, token string) error {
	return p.render(w, "message.html", composer{wording.For(locale)}.stopQuestion(token))
}

// Unsubscribed writes the page that says that reminders have stopped.
func (p *Pages) Unsubscribed(w io.Writer, locale string) error {
	return p.render(w, "message.html", composer{wording.For(locale)}.stopped())
}

// render writes a whole page, or nothing if the template fails.
func (p *Pages) render(w io.Writer, name string, view any) error {
	var page bytes.Buffer
	if err := p.views.ExecuteTemplate(&page, name, view); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	if _, err := w.Write(page.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// standing is what a connection needs of its merchant. waitingFirst sorts by it.
type standing int

const (
	waits standing = iota // it waits for the merchant
	held                  // it waits for the bank: the page offers nothing until sign-ins work again
	ended                 // the merchant cannot repair it here
	works
)

func (c Connection) standing() standing {
	switch {
	case c.Done || item.State(c.State) == item.Connected:
		return works
	case item.State(c.State) == item.Removed || item.Cause(c.Cause) == item.Gone:
		return ended
	case c.BankDown:
		return held
	default:
		return waits
	}
}

// waitingFirst returns the connections sorted by standing. Those of the same standing keep their order.
func waitingFirst(all []Connection) []Connection {
	return slices.SortedStableFunc(slices.Values(all), func(a, b Connection) int { return int(a.standing()) - int(b.standing()) })
}
