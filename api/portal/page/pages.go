package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
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
	words  map[wording.Locale]catalog
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
	return &Pages{words: catalogs(), views: views, assets: a}, nil
}

// Assets answers GET /relink/assets/{name}.
func (p *Pages) Assets() http.Handler { return p.assets }

// Connection is one Item as its merchant sees it.
type Connection struct {
	ItemID      string
	Institution string
	Cause       string // an item.Cause; an unknown one gets general words
	State       string // an item.State
	BrokenSince time.Time
	EndsAt      time.Time // of one that is expiring
	Done        bool      // nothing to do for the merchant
	Accounts    []Account // those it shares or shared; may be empty
	BankDown    bool      // Link is not offered: the bank answers nobody
}

// Account is one account as the merchant knows it.
type Account struct {
	Name string // "Plaid Checking"
	Mask string // the last two to four characters of its number; may be empty
}

// Relink is the page behind a deep link that is valid.
type Relink struct {
	BusinessName  string
	Locale        string // BCP 47, the merchant's; an unknown one reads English
	Token         string // the deep link's, for the paths of the page's POSTs
	Connections   []Connection
	LinkScriptURL string // Plaid Link's JavaScript, fetched at the click and not before
	// Resume is the Item whose Link session this browser comes back to from the bank's own pages, or "".
	Resume string
	// Hosted says that the session ran on Plaid's own pages: there is nothing to open again, only the end to ask for.
	Hosted bool
}

// Relink writes the page: every connection of the merchant, the broken ones first; or that nothing is to do.
// The page's contract with the api stands in assets/relink.js.
func (p *Pages) Relink(w io.Writer, r Relink) error {
	return p.render(w, "relink.html", p.in(r.Locale).relink(r))
}

// Over writes the page of a link that is over, unknown or forged, which offers a fresh mail: one and the same, but for
// the token that the browser asked with, so that nobody learns which. For that the locale must come from the request,
// never from the merchant.
func (p *Pages) Over(w io.Writer, locale, token string) error {
	return p.render(w, "notice.html", p.in(locale).overPage(token))
}

// Problem writes the page of something that went wrong on our side.
func (p *Pages) Problem(w io.Writer, locale string) error {
	return p.render(w, "notice.html", p.in(locale).problem)
}

// Elsewhere writes the page of a bank's return to a browser that did not open Link: the mail has to be opened again.
func (p *Pages) Elsewhere(w io.Writer, locale string) error {
	return p.render(w, "notice.html", p.in(locale).elsewhere)
}

// FreshSent answers who asked for a fresh mail, whether the link was one of ours or not: always the same bytes.
func (p *Pages) FreshSent(w io.Writer, locale string) error {
	return p.render(w, "notice.html", p.in(locale).freshSent)
}

// Unsubscribe writes the page that asks whether reminders are to stop: one button, and nothing happens without it. The
// locale must come from the request: a made-up token is answered the same.
func (p *Pages) Unsubscribe(w io.Writer, locale, token string) error {
	return p.render(w, "notice.html", p.in(locale).stopPage(token))
}

// Unsubscribed writes the page after that.
func (p *Pages) Unsubscribed(w io.Writer, locale string) error {
	return p.render(w, "notice.html", p.in(locale).stopped)
}

// in answers the words of a language: of a locale, or of the first choice of an Accept-Language header.
func (p *Pages) in(locale string) catalog {
	first, _, _ := strings.Cut(locale, ",")
	first, _, _ = strings.Cut(first, ";")
	return p.words[wording.Match(first)]
}

// render writes a whole page or nothing.
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

// standing is what a connection asks of its merchant.
type standing int

const (
	waits standing = iota // for the merchant
	held                  // for the bank: until it answers again nothing is offered
	ended                 // for good: nothing here can repair it
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

// waitingFirst keeps the given order among connections that stand alike.
func waitingFirst(all []Connection) []Connection {
	return slices.SortedStableFunc(slices.Values(all), func(a, b Connection) int { return int(a.standing()) - int(b.standing()) })
}
