package localplaid

import (
	"embed"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// webFiles are Link's script for the embedding page and the page inside its frame.
//
//go:embed web
var webFiles embed.FS

//go:embed web/link-initialize.js
var linkInitialize string

// linkScript serves what Plaid serves at cdn.plaid.com/link/v2/stable/link-initialize.js, with the address of its
// frame.
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
// frame the page, as at Plaid: whoever embeds it must bring a link token. Its address holds that token, so it sends no
// referrer and is never cached.
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
