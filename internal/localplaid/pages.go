package localplaid

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/zap"
)

// webFiles are Link's script for the embedding page and the page inside its frame.
//
//go:embed web
var webFiles embed.FS

//go:embed web/link-initialize.js
var linkInitialize string

// linkScript serves Plaid's cdn.plaid.com/link/v2/stable/link-initialize.js, with the address of its frame.
func (s *Server) linkScript(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, strings.Replace(linkInitialize, `"{{base_url}}"`, strconv.Quote(s.baseURL(r)), 1))
}

func (s *Server) baseURL(r *http.Request) string {
	switch {
	case s.publicURL != "":
		return s.publicURL
	case r.TLS != nil:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}

// linkPage serves the frame's page, which is a hosted link's page as well, with its scripts and style. Anybody may
// frame the page, as at Plaid, but needs a link token. Its address holds that token, so it sends no referrer and is
// never cached.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/link/")
	if name == "session" || strings.HasPrefix(r.URL.Path, hostedPath) {
		name = "session.html"
	}
	setPageHeaders(w.Header(), "connect-src 'self'; form-action 'none'")
	http.ServeFileFS(w, r, webFiles, "web/"+name)
}

// setPageHeaders adds what a page needs to the policy that all pages share.
func setPageHeaders(h http.Header, policy string) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; "+policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// linkSession serves one act of a Link session by its name. A session id, a link token or a hosted link's id is what
// admits the page: a browser has no API keys, and a frame would not get cookies.
func (s *Server) linkSession(name string) http.Handler {
	act := func(in linkInput, requestID string) (pane, error) { return s.registry.step(name, in, requestID) }
	if name == "start" {
		act = s.linkStart
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{request: r, requestID: newRequestID()}
		var in linkInput
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in); err != nil {
			s.answer(c, w, r.URL.Path, nil, plaidError("INVALID_BODY"))
			return
		}
		p, err := locked(s.registry, func() (pane, error) { return act(in, c.requestID) })
		if !p.idle { // a page that only asks whether the bank has answered need not wait for the disk
			err = s.kept(err)
		}
		c.itemID = p.itemID
		s.answer(c, w, r.URL.Path, p, err)
	})
}

// linkStart opens Link. An error becomes a pane that shows it, with the onExit that goes with it.
func (s *Server) linkStart(in linkInput, requestID string) (pane, error) {
	p, err := s.registry.start(in, requestID)
	if failure := new(apiError); errors.As(err, &failure) {
		return pane{View: viewOver, Error: failure.view(), Events: []linkEvent{}, Outcome: refusedToOpen(failure, requestID)}, nil
	}
	return p, err
}

// The OAuth bank's own page: plain HTML, a form, no script and no cookie, so that it works in any window.

const bankPath = "/link/oauth/"

// bankView is what web/bank.html shows.
type bankView struct {
	Bank, Client string
	Accounts     []accountChoice
	Errors       []string
	Over         bool // nobody waits for an answer any more

	target string // where the form may lead: the link token's redirect URI
}

var bankPages = template.Must(template.ParseFS(webFiles, "web/bank.html", "web/bank-done.html"))

func bankOver() bankView { return bankView{Bank: "This sign-in is over", Over: true} }

// bankPage shows a visit that waits for the bank's answer. It may load a moment before Link notes that it was opened.
func (s *Server) bankPage(w http.ResponseWriter, r *http.Request) {
	view, _ := locked(s.registry, func() (bankView, error) {
		v, ok := s.registry.visits[r.PathValue("visit")]
		if !ok || v.Over || v.Answer != nil {
			return bankOver(), nil
		}
		l := v.session
		return bankView{
			Bank: l.institution.name, Client: l.token.shownClientName(), Errors: bankErrors(),
			Accounts: accountChoices(l.Offered, l.ticked()), target: l.token.RedirectURI,
		}, nil
	})
	s.showBank(w, "bank.html", view)
}

// bankDecision takes the person's answer. Any credentials do, even none (plaid.com/docs/link/oauth, "Testing OAuth").
func (s *Server) bankDecision(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form could not be read", http.StatusBadRequest)
		return
	}
	answer := bankAnswer{Cancelled: r.PostForm.Get("decision") == "cancel"}
	if !answer.Cancelled {
		answer.Accounts = r.PostForm["account"]
		if code := r.PostForm.Get("error"); slices.Contains(bankErrors(), code) {
			answer.ErrorCode = code
		}
	}
	var waitedFor bool
	returnURI, err := locked(s.registry, func() (uri string, _ error) {
		uri, waitedFor = s.registry.answerVisit(r.PathValue("visit"), answer, s.baseURL(r))
		return uri, nil
	})
	if err = s.kept(err); err != nil {
		s.logger.Error("bank's answer not kept", zap.Error(err))
		http.Error(w, "the answer could not be kept", http.StatusInternalServerError)
		return
	}
	switch {
	case !waitedFor:
		s.showBank(w, "bank.html", bankOver())
	case returnURI == "":
		s.showBank(w, "bank-done.html", bankView{})
	default:
		http.Redirect(w, r, returnURI, http.StatusSeeOther)
	}
}

// showBank allows the form to lead to the view's target: browsers hold a redirect after a form against form-action too.
func (s *Server) showBank(w http.ResponseWriter, name string, view bankView) {
	var page bytes.Buffer
	if err := bankPages.ExecuteTemplate(&page, name, view); err != nil {
		s.logger.Error("bank page not shown", zap.Error(err))
		http.Error(w, "page broken", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	setPageHeaders(h, "frame-ancestors 'none'; form-action "+formTargets(view.target))
	if view.Over {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = page.WriteTo(w) // the browser is gone, or reads it
}

func formTargets(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, " ;,'*") {
		return "'self'"
	}
	return "'self' " + u.Scheme + "://" + u.Host
}
