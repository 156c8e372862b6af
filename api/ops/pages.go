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

// CSP is the Content-Security-Policy of every page here: its own style and pictures, its own forms, no script at all.
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

// Assets answers GET /ops/assets/{name}.
func (p *Pages) Assets() http.Handler { return p.assets }

// Reader is who reads a page. The zero Reader is nobody.
type Reader struct {
	Name  string
	Roles string // "ops", or several
	// SignedIn says that there is a session, which the reader can end.
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
	// Pauses are the stops of mails that hold, Tasks what needs a person, oldest first; there are TasksInAll. They are
	// shown with every state, not with one.
	Pauses     []mailing.Pause
	Tasks      []tasks.Listed
	TasksInAll int
	Now        time.Time
}

// Overview writes the page: how all are, and who waits for whom, longest broken first.
func (p *Pages) Overview(w io.Writer, o Overview) error {
	return p.render(w, "overview.html", overviewOf(o))
}

// Item is the page of one Item.
type Item struct {
	Reader      Reader
	Environment string
	Listed      readmodel.Listed
	Moments     []readmodel.TimelineEntry // oldest first
	Now         time.Time
}

// Item writes the page: where the Item stands, and what happened to it, newest first.
func (p *Pages) Item(w io.Writer, i Item) error { return p.render(w, "item.html", itemOf(i)) }

// NoticeKind says which notice to write.
type NoticeKind string

// The notices.
const (
	SignedOut NoticeKind = "signed_out"
	Stale     NoticeKind = "stale"     // no such sign-in is under way
	Refused   NoticeKind = "refused"   // the issuer did not sign the person in
	Forbidden NoticeKind = "forbidden" // the reader's role does not open this
	NotFound  NoticeKind = "not_found"
	Trouble   NoticeKind = "trouble" // ours
)

// Notice writes a page that only says something.
func (p *Pages) Notice(w io.Writer, kind NoticeKind, reader Reader) error {
	return p.render(w, "notice.html", noticeOf(kind, reader))
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
