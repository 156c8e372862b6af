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

// linkPage serves the frame's page, script and style. The page may be framed by anybody, as Plaid's is: whoever embeds it
// must bring a link token. Its address holds that token, so it sends no referrer and is never cached.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/link/")
	if name == "session" {
		name = "session.html"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	http.ServeFileFS(w, r, webFiles, "web/"+name)
}

// linkStepRequest is what the frame sends; each step uses its own part.
type linkStepRequest struct {
	LinkToken     string `json:"link_token"`
	LinkSessionID string `json:"link_session_id"`
	InstitutionID string `json:"institution_id"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	Code          string `json:"code"`
}

// linkStep adapts one act of a Link session. A session id or a link token is what admits the frame: there are no API
// keys in a browser.
func (s *Server) linkStep(serve func(req linkStepRequest, requestID string) (pane, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{request: r, requestID: newRequestID()}
		var req linkStepRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
			s.answer(c, w, r.URL.Path, nil, plaidError("INVALID_BODY"))
			return
		}
		p, err := serve(req, c.requestID)
		if lost := s.save(); lost != nil {
			err = lost
		}
		c.itemID = p.itemID
		s.answer(c, w, r.URL.Path, p, err)
	})
}

// linkStart answers a link token that does not work with the pane that says so, and the onExit that goes with it.
func (s *Server) linkStart(req linkStepRequest, requestID string) (pane, error) {
	p, err := s.registry.startSession(req.LinkToken, requestID)
	failure := new(apiError)
	if errors.As(err, &failure) {
		return pane{View: viewOver, Error: failure.view(), Events: []linkEvent{}, Outcome: refusedToOpen(failure, requestID)}, nil
	}
	return p, err
}

func (s *Server) linkInstitution(req linkStepRequest, requestID string) (pane, error) {
	return s.registry.selectInstitution(req.LinkSessionID, req.InstitutionID, requestID)
}

func (s *Server) linkCredentials(req linkStepRequest, requestID string) (pane, error) {
	return s.registry.submitCredentials(req.LinkSessionID, req.Username, req.Password, requestID)
}

func (s *Server) linkCode(req linkStepRequest, requestID string) (pane, error) {
	return s.registry.submitCode(req.LinkSessionID, req.Code, requestID)
}

func (s *Server) linkFinish(req linkStepRequest, requestID string) (pane, error) {
	return s.registry.finishSession(req.LinkSessionID, requestID)
}

func (s *Server) linkExit(req linkStepRequest, requestID string) (pane, error) {
	return s.registry.exitSession(req.LinkSessionID, requestID)
}
