package localplaid

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

	target string // where the form may lead: the link token's redirect URI
}

var bankPages = template.Must(template.ParseFS(webFiles, "web/bank.html", "web/bank-done.html"))

func bankOver() bankView { return bankView{Bank: "This sign-in is over", Over: true} }

// bankPage shows a visit that still waits for the bank's answer. It may be loaded a moment before Link has noted that
// the page was opened.
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
