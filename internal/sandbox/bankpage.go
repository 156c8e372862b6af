package sandbox

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.uber.org/zap"
)

// The OAuth bank's own page: plain HTML, a form, no script and no cookie, so that it works in any window.

const bankPath = "/link/oauth/"

// bankView is what web/bank.html shows.
type bankView struct {
	Bank, Client string
	Accounts     []accountChoice
	Errors       []string
	Over         bool // nobody waits for an answer any more
}

// bankPages are parsed once, from files that are part of the program.
func bankPages() *template.Template {
	return template.Must(template.ParseFS(webFiles, "web/bank.html", "web/bank-done.html"))
}

func (s *Server) bankPage(w http.ResponseWriter, r *http.Request) {
	in, client, offered, ticked, ok := s.registry.visitNow(r.PathValue("visit"))
	if !ok {
		s.bankOver(w)
		return
	}
	view := bankView{Bank: in.name, Client: client, Errors: bankErrors()}
	for _, a := range offered {
		view.Accounts = append(view.Accounts, accountChoice{ID: a.ID, Name: a.Name, Mask: a.Mask, Ticked: slices.Contains(ticked, a.ID)})
	}
	s.showBank(w, http.StatusOK, "bank.html", view, s.registry.visitTarget(r.PathValue("visit")))
}

func (s *Server) bankOver(w http.ResponseWriter) {
	s.showBank(w, http.StatusNotFound, "bank.html", bankView{Bank: "This sign-in is over", Over: true}, "")
}

// bankDecision takes the person's answer; any credentials do, even none (plaid.com/docs/link/oauth, "Testing OAuth").
func (s *Server) bankDecision(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form could not be read", http.StatusBadRequest)
		return
	}
	answer := bankAnswer{Cancelled: r.PostForm.Get("decision") == "cancel"}
	if !answer.Cancelled {
		answer.Accounts = r.PostForm["account"]
	}
	if code := r.PostForm.Get("error"); !answer.Cancelled && slices.Contains(bankErrors(), code) {
		answer.ErrorCode = code
	}
	returnURI, ok := s.registry.answerVisit(r.PathValue("visit"), answer, s.baseURL(r))
	if err := s.save(); err != nil {
		s.logger.Error("bank's answer not kept", zap.Error(err))
		http.Error(w, "the answer could not be kept", http.StatusInternalServerError)
		return
	}
	switch {
	case !ok:
		s.bankOver(w)
	case returnURI == "":
		s.showBank(w, http.StatusOK, "bank-done.html", bankView{}, "")
	default:
		http.Redirect(w, r, returnURI, http.StatusSeeOther)
	}
}

// showBank allows its form the way on to target: browsers hold a redirect after a form against form-action as well.
func (s *Server) showBank(w http.ResponseWriter, status int, name string, view bankView, target string) {
	var page bytes.Buffer
	if err := s.bankTemplates.ExecuteTemplate(&page, name, view); err != nil {
		s.logger.Error("bank page not shown", zap.Error(err))
		http.Error(w, "page broken", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action "+formTargets(target))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the browser is gone, or reads it
}

func formTargets(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, " ;,'*") {
		return "'self'"
	}
	return "'self' " + u.Scheme + "://" + u.Host
}
