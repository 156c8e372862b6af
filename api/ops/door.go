package ops

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
	"relink/internal/signin"
	"relink/internal/tasks"
	"relink/internal/telemetry"
)

// Store is what the door reads; its contracts are those of postgres.Store.
type Store interface {
	CountItems(ctx context.Context) (map[item.State]int, error)
	Items(ctx context.Context, f readmodel.Filter) ([]readmodel.Listed, error)
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	NeedPerson(ctx context.Context, limit int) (open []tasks.Listed, total int, err error)
	Pauses(ctx context.Context) ([]mailing.Pause, error)
	Timeline(ctx context.Context, id item.ID) ([]readmodel.TimelineEntry, error)
}

// Deps are the parts that the door works with.
type Deps struct {
	Store       Store
	Web         *signin.Web
	Pages       *Pages
	Environment string // Plaid's, "sandbox" or "production"
}

// Door serves people who sign in.
type Door struct{ Deps }

// NewDoor returns a Door.
func NewDoor(d Deps) *Door { return &Door{d} }

// Routes returns the door's lines of the table of routes.
func (d *Door) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /signin", Access: web.Anyone, Errors: d.errorPage, Handle: d.beginSignIn},
		{Pattern: "GET " + signin.CallbackPath, Access: web.Anyone, Errors: d.errorPage, Handle: d.finishSignIn},
		{Pattern: "GET /signout", Access: web.Anyone, Errors: d.errorPage, Handle: d.showSignedOut},
		{Pattern: "POST /signout", Access: web.Anyone, Errors: d.errorPage, Handle: d.signOut},

		{Pattern: "GET /ops/assets/", Access: web.Anyone, Errors: web.Plain, Handle: web.Files(d.Pages.Assets())},
		{Pattern: "GET /ops", Access: web.Scope(signin.ItemsRead), Errors: d.errorPage, Handle: d.showOverview},
		{Pattern: "GET /ops/items/{id}", Access: web.Scope(signin.ItemsRead), Errors: d.errorPage, Handle: d.showItem},
	}
}

const (
	overviewLimit = 200 // the most Items on one page
	tasksLimit    = 20  // the most tasks on one page
)

// showOverview writes the state of all Items, those that need somebody first.
func (d *Door) showOverview(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	only := item.State(r.URL.Query().Get("state"))
	if strings.Trim(string(only), "abcdefghijklmnopqrstuvwxyz_") != "" {
		return web.Refuse(web.NotFound, "no such state", nil)
	}
	counts, err := d.Store.CountItems(r.Context())
	if err != nil {
		return err
	}
	items, err := d.Store.Items(r.Context(), readmodel.Filter{State: only, Limit: overviewLimit})
	if err != nil {
		return err
	}
	open, inAll, err := d.Store.NeedPerson(r.Context(), tasksLimit)
	if err != nil {
		return err
	}
	pauses, err := d.Store.Pauses(r.Context())
	if err != nil {
		return err
	}
	return writePage(w, http.StatusOK, func(b io.Writer) error {
		return d.Pages.Overview(b, Overview{
			Reader: readerOf(caller), Environment: d.Environment, Counts: counts, State: only, Items: items,
			Pauses: pauses, Tasks: open, TasksInAll: inAll, Now: time.Now(),
		})
	})
}

// showItem writes one Item's timeline.
func (d *Door) showItem(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	ref, life, err := d.Store.Load(r.Context(), item.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(ref.ID)))
	timeline, err := d.Store.Timeline(r.Context(), ref.ID)
	if err != nil {
		return err
	}
	return writePage(w, http.StatusOK, func(b io.Writer) error {
		return d.Pages.Item(b, Item{
			Reader: readerOf(caller), Environment: d.Environment, Timeline: timeline, Now: time.Now(),
			Listed: readmodel.Listed{
				Item: ref, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince,
				EndsAt: life.Expiry.At,
			},
		})
	})
}

func readerOf(c signin.Caller) Reader {
	var roles []string
	for _, role := range c.Roles {
		roles = append(roles, string(role))
	}
	reader := Reader{Name: c.Name, Roles: strings.Join(roles, ", "), SignedIn: c.SignedIn}
	if reader.Name == "" {
		reader.Name = c.Subject
	}
	return reader
}

// writePage writes a whole page for people, or nothing.
func writePage(w http.ResponseWriter, status int, render func(io.Writer) error) error {
	return web.WritePage(w, status, func(h http.Header) {
		h.Set("Content-Security-Policy", CSP)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}, render)
}

// errorPage is the ErrorWriter for people in a browser. It sends a person who is not signed in to the sign-in, which
// leads back to the page. A caller with an invalid token is a program, so it gets a problem.
func (d *Door) errorPage(w http.ResponseWriter, r *http.Request, e *web.Error) {
	if e.Kind.Status == http.StatusUnauthorized {
		if !errors.Is(e, signin.ErrNoToken) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			web.Problem(w, r, e)
			return
		}
		seeOther(w, r, "/signin?"+url.Values{"to": {r.URL.RequestURI()}}.Encode())
		return
	}
	caller, _ := web.FromContext[signin.Caller](r) // known if the error is Forbidden
	err := writePage(w, e.Kind.Status, func(b io.Writer) error { return d.Pages.Message(b, messageKindOf(e), readerOf(caller)) })
	if err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_answered", err))
	}
}

func messageKindOf(e *web.Error) MessageKind {
	switch {
	case errors.Is(e, signin.ErrStale):
		return Stale
	case errors.Is(e, signin.ErrRefused):
		return Refused
	case e.Kind.Status == http.StatusForbidden:
		return Forbidden
	case e.Kind.Status == http.StatusNotFound:
		return NotFound
	default:
		return ServerError
	}
}
