package ops

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"time"

	"relink/api/web/asset"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
	"relink/internal/tasks"
)

//go:embed templates
var templates embed.FS

//go:embed assets
var assetFiles embed.FS

// CSP is the Content-Security-Policy of every page here. It allows our own styles, pictures and forms, and no script.
const CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Pages renders the pages. It is safe for concurrent use.
type Pages struct {
	views  *template.Template
	assets *asset.Set
}

// New parses the embedded templates and names the assets by their content.
func New() (*Pages, error) {
	a, err := asset.Load(assetFiles, "assets", "/ops/assets/")
	if err != nil {
		return nil, err
	}
	views, err := a.Views(templates)
	if err != nil {
		return nil, err
	}
	return &Pages{views: views, assets: a}, nil
}

// Assets returns the handler of GET /ops/assets/{name}.
func (p *Pages) Assets() http.Handler { return p.assets }

// Reader is the person who reads a page. The zero Reader is not signed in.
type Reader struct {
	Name  string
	Roles string // "ops", or several
	// SignedIn is set if the reader has a session, which they can end.
	SignedIn bool
}

// Overview is the page of all Items.
type Overview struct {
	Reader      Reader
	Environment string
	Counts      map[item.State]int
	// State is the only state shown; empty means every state.
	State item.State
	Items []readmodel.Listed
	// Pauses are the open pauses of mails. Tasks are the open tasks, oldest first; TasksInAll is their total number. The
	// page shows them only if it shows every state.
	Pauses     []mailing.Pause
	Tasks      []tasks.Listed
	TasksInAll int
	Now        time.Time
}

// Overview writes the page: how many Items are in each state, and the Items, the longest broken first.
func (p *Pages) Overview(w io.Writer, o Overview) error {
	return p.render(w, "overview.html", overviewOf(o))
}

// Item is the page of one Item.
type Item struct {
	Reader      Reader
	Environment string
	Listed      readmodel.Listed
	Timeline    []readmodel.TimelineEntry // oldest first
	Now         time.Time
}

// Item writes the page: the Item's state, and what happened to it, newest first.
func (p *Pages) Item(w io.Writer, i Item) error { return p.render(w, "item.html", itemOf(i)) }

// MessageKind says which message to write.
type MessageKind string

// The messages.
const (
	SignedOut   MessageKind = "signed_out"
	Stale       MessageKind = "stale"     // no such sign-in is under way
	Refused     MessageKind = "refused"   // the issuer did not sign the person in
	Forbidden   MessageKind = "forbidden" // the reader's role does not open this
	NotFound    MessageKind = "not_found"
	ServerError MessageKind = "server_error"
)

// Message writes a page that shows a message.
func (p *Pages) Message(w io.Writer, kind MessageKind, reader Reader) error {
	return p.render(w, "message.html", messageOf(kind, reader))
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
