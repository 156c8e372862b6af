package sandbox

import (
	"embed"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// webFiles are Link's script for the embedding page and the page inside its frame.
//
//go:embed web
var webFiles embed.FS

// linkScript serves what Plaid serves at cdn.plaid.com/link/v2/stable/link-initialize.js, told where its frame lives.
func (s *Server) linkScript(w http.ResponseWriter, r *http.Request) {
	script, err := webFiles.ReadFile("web/link-initialize.js")
	if err != nil {
		http.Error(w, "script missing", http.StatusInternalServerError)
		return
	}
	origin, err := json.Marshal(s.baseURL(r))
	if err != nil {
		http.Error(w, "bad host", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, strings.Replace(string(script), `"{{base_url}}"`, string(origin), 1))
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

// linkPage serves the frame's page, which is a hosted link's page as well, scripts and style. The page may be framed by anybody, as Plaid's is: whoever embeds it
// must bring a link token. Its address holds that token, so it sends no referrer and is never cached.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/link/")
	if name == "session" || strings.HasPrefix(r.URL.Path, hostedPath) {
		name = "session.html"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	http.ServeFileFS(w, r, webFiles, "web/"+name)
}

// linkStepRequest is what Link's page sends; each step uses its own part.
type linkStepRequest struct {
	LinkToken           string   `json:"link_token"`
	ReceivedRedirectURI *string  `json:"received_redirect_uri"`
	HostedID            string   `json:"hosted_id"`
	OAuthStateID        string   `json:"oauth_state_id"`
	LinkSessionID       string   `json:"link_session_id"`
	InstitutionID       string   `json:"institution_id"`
	Username            string   `json:"username"`
	Password            string   `json:"password"`
	Device              string   `json:"device"`
	Code                string   `json:"code"`
	AccountIDs          []string `json:"account_ids"`
	Way                 visitWay `json:"way"`
	Closed              bool     `json:"closed"`
	Elsewhere           bool     `json:"elsewhere"`
}

// linkSteps are the acts of a Link session, by the last part of their path.
func (s *Server) linkSteps() map[string]func(req linkStepRequest, requestID string) (pane, error) {
	g := s.registry
	return map[string]func(linkStepRequest, string) (pane, error){
		"start": s.linkStart,
		"institution": func(req linkStepRequest, id string) (pane, error) {
			return g.selectInstitution(req.LinkSessionID, req.InstitutionID, id)
		},
		"credentials": func(req linkStepRequest, id string) (pane, error) {
			return g.submitCredentials(req.LinkSessionID, req.Username, req.Password, id)
		},
		"device": func(req linkStepRequest, id string) (pane, error) {
			return g.submitDevice(req.LinkSessionID, req.Device, id)
		},
		"code": func(req linkStepRequest, id string) (pane, error) {
			return g.submitCode(req.LinkSessionID, req.Code, id)
		},
		"accounts": func(req linkStepRequest, id string) (pane, error) {
			return g.submitAccounts(req.LinkSessionID, req.AccountIDs, id)
		},
		"bank": func(req linkStepRequest, id string) (pane, error) { return g.openBank(req.LinkSessionID, req.Way, id) },
		"wait": func(req linkStepRequest, id string) (pane, error) {
			return g.awaitBank(req.LinkSessionID, req.Closed, id)
		},
		"again": func(req linkStepRequest, id string) (pane, error) {
			return g.tryAgain(req.LinkSessionID, id, req.Elsewhere)
		},
		"finish": func(req linkStepRequest, id string) (pane, error) { return g.finishSession(req.LinkSessionID, id) },
		"exit":   func(req linkStepRequest, id string) (pane, error) { return g.exitSession(req.LinkSessionID, id) },
	}
}

// linkStep adapts one act of a Link session. A session id, a link token or a hosted link's id is what admits the page:
// there are no API keys in a browser, and no cookies, which a frame would not get.
func (s *Server) linkStep(serve func(req linkStepRequest, requestID string) (pane, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{request: r, requestID: newRequestID()}
		var req linkStepRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
			s.answer(c, w, r.URL.Path, nil, plaidError("INVALID_BODY"))
			return
		}
		p, err := serve(req, c.requestID)
		s.sendAll(p.hooks)
		if lost := s.saveUnless(p.idle); lost != nil {
			err = lost
		}
		c.itemID = p.itemID
		s.answer(c, w, r.URL.Path, p, err)
	})
}

func (s *Server) sendAll(hooks []webhook) {
	for _, hook := range hooks {
		s.deliveries.enqueue(hook)
	}
}

// saveUnless spares the data file a page that only asks whether the bank has answered.
func (s *Server) saveUnless(idle bool) error {
	if idle {
		return nil
	}
	return s.save()
}

// linkStart opens Link, or opens it again after the return from a bank. What does not work is answered with the pane that
// says so, and the onExit that goes with it.
func (s *Server) linkStart(req linkStepRequest, requestID string) (p pane, err error) {
	switch {
	case req.HostedID != "" && req.OAuthStateID != "":
		p, err = s.registry.resumeHosted(req.HostedID, req.OAuthStateID, requestID)
	case req.HostedID != "":
		p, err = s.registry.startHosted(req.HostedID, requestID)
	case req.ReceivedRedirectURI != nil:
		p, err = s.registry.resumeSession(req.LinkToken, *req.ReceivedRedirectURI, requestID)
	default:
		p, err = s.registry.startSession(req.LinkToken, requestID)
	}
	failure := new(apiError)
	if errors.As(err, &failure) {
		return pane{View: viewOver, Error: failure.view(), Events: []linkEvent{}, Outcome: refusedToOpen(failure, requestID)}, nil
	}
	return p, err
}
