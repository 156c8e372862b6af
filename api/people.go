package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/api/ops"
	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// beginSignIn sends the browser to the issuer. That has no effect here: the attempt is in the browser's own cookie.
func (s *Server) beginSignIn(w http.ResponseWriter, r *http.Request) error {
	location, err := s.Web.Begin(w, r, r.URL.Query().Get("to"))
	if err != nil {
		return err
	}
	seeOther(w, r, location)
	return nil
}

// finishSignIn takes the browser back from the issuer. What it carries is good for one answer, and only in the browser
// that began.
func (s *Server) finishSignIn(w http.ResponseWriter, r *http.Request) error {
	to, err := s.Web.Finish(w, r)
	if err != nil {
		return err
	}
	seeOther(w, r, to)
	return nil
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.Web.End(w, r); err != nil {
		return err
	}
	seeOther(w, r, "/signout")
	return nil
}

func (s *Server) showSignedOut(w http.ResponseWriter, _ *http.Request) error {
	return s.page(w, http.StatusOK, func(b io.Writer) error { return s.Ops.Notice(b, ops.SignedOut, ops.Reader{}) })
}

// seeOther leads a browser on, and keeps what its address held to itself: codes and states are secrets.
func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // to is the issuer's, or a path that signin found to be ours
}

// overviewLimit is the most Items on one page, tasksLimit the most tasks.
const (
	overviewLimit = 200
	tasksLimit    = 20
)

// showOverview renders how all Items are, those that need somebody first.
func (s *Server) showOverview(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	only := item.State(r.URL.Query().Get("state"))
	if strings.Trim(string(only), "abcdefghijklmnopqrstuvwxyz_") != "" {
		return refuse(http.StatusNotFound, "no such state", nil)
	}
	counts, err := s.Store.CountItems(r.Context())
	if err != nil {
		return err
	}
	items, err := s.Store.Items(r.Context(), item.Filter{State: only, Limit: overviewLimit})
	if err != nil {
		return err
	}
	tasks, inAll, err := s.Store.NeedPerson(r.Context(), tasksLimit)
	if err != nil {
		return err
	}
	pauses, err := s.Store.Pauses(r.Context())
	if err != nil {
		return err
	}
	return s.page(w, http.StatusOK, func(b io.Writer) error {
		return s.Ops.Overview(b, ops.Overview{
			Reader: readerOf(caller), Environment: s.opts.Environment, Counts: counts, State: only, Items: items,
			Pauses: pauses, Tasks: tasks, TasksInAll: inAll, Now: time.Now(),
		})
	})
}

// showItemPage renders one Item's timeline.
func (s *Server) showItemPage(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	card, life, err := s.Store.Load(r.Context(), item.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(card.ID)))
	moments, err := s.Store.Timeline(r.Context(), card.ID)
	if err != nil {
		return err
	}
	return s.page(w, http.StatusOK, func(b io.Writer) error {
		return s.Ops.Item(b, ops.Item{
			Reader: readerOf(caller), Environment: s.opts.Environment, Moments: moments, Now: time.Now(),
			Listed: item.Listed{Card: card, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince, EndsAt: life.Ending.At},
		})
	})
}

func readerOf(c signin.Caller) ops.Reader {
	var roles []string
	for _, role := range c.Roles {
		roles = append(roles, string(role))
	}
	reader := ops.Reader{Name: c.Name, Roles: strings.Join(roles, ", "), SignedIn: c.SignedIn}
	if reader.Name == "" {
		reader.Name = c.Subject
	}
	return reader
}

// page answers a page for people, whole or not at all.
func (s *Server) page(w http.ResponseWriter, status int, render func(io.Writer) error) error {
	var html bytes.Buffer
	if err := render(&html); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", ops.CSP)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, err := w.Write(html.Bytes())
	return err
}

// peoplePage answers people in a browser. Who is not signed in is led to do so and back again; who came with a token
// that does not hold is no browser, and is told so.
func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request, f *fault) {
	if f.status == http.StatusUnauthorized {
		if !errors.Is(f, signin.ErrNoToken) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			problem(w, r, f)
			return
		}
		seeOther(w, r, "/signin?"+url.Values{"to": {r.URL.RequestURI()}}.Encode())
		return
	}
	// On Forbidden it is known who reads.
	caller, _ := found[signin.Caller](r, callerKey)
	if err := s.page(w, f.status, func(b io.Writer) error { return s.Ops.Notice(b, noticeOf(f), readerOf(caller)) }); err != nil {
		telemetry.EventIn(r.Context()).Set(zap.NamedError("not_answered", err))
	}
}

func noticeOf(f *fault) ops.NoticeKind {
	switch {
	case errors.Is(f, signin.ErrStale):
		return ops.Stale
	case errors.Is(f, signin.ErrRefused):
		return ops.Refused
	case f.status == http.StatusForbidden:
		return ops.Forbidden
	case f.status == http.StatusNotFound:
		return ops.NotFound
	default:
		return ops.Trouble
	}
}
