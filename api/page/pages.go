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

	"relink/api/asset"
	"relink/internal/item"
)

//go:embed templates
var templates embed.FS

//go:embed assets
var assetFiles embed.FS

// Pages renders the merchant's pages. It is safe for concurrent use.
type Pages struct {
	words  catalog
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
	return &Pages{words: english(), views: views, assets: a}, nil
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
}

// Relink is the page behind a deep link that is valid.
type Relink struct {
	BusinessName  string
	Token         string // the deep link's, for the paths of the page's POSTs
	Connections   []Connection
	LinkScriptURL string // Plaid Link's JavaScript, fetched at the click and not before
}

// Relink writes the page: every connection of the merchant, the broken ones first; or that nothing is to do.
// The page's contract with the api stands in assets/relink.js.
func (p *Pages) Relink(w io.Writer, r Relink) error {
	return p.render(w, "relink.html", p.words.relink(r))
}

// Over writes the page of a link that is over, unknown or forged: one and the same, so that nobody learns which.
func (p *Pages) Over(w io.Writer) error { return p.render(w, "notice.html", p.words.over) }

// Problem writes the page of something that went wrong on our side.
func (p *Pages) Problem(w io.Writer) error { return p.render(w, "notice.html", p.words.problem) }

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
	ended                 // for good: nothing here can repair it
	works
)

func (c Connection) standing() standing {
	switch {
	case c.Done || item.State(c.State) == item.Connected:
		return works
	case item.State(c.State) == item.Removed || item.Cause(c.Cause) == item.Gone:
		return ended
	default:
		return waits
	}
}

// waitingFirst keeps the given order among connections that stand alike.
func waitingFirst(all []Connection) []Connection {
	return slices.SortedStableFunc(slices.Values(all), func(a, b Connection) int { return int(a.standing()) - int(b.standing()) })
}
