package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/telemetry"
)

// serve checks access, runs the handler, logs the full error and sends the caller its public part.
func (s *Server) serve(route web.Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, done := s.bound(w, r, route.Access)
		defer done()
		r, err := s.admit(r, route.Access)
		if err == nil {
			err = route.Handle(w, r)
		}
		if err == nil {
			return
		}
		telemetry.EventIn(r.Context()).Set(zap.Error(err))
		e := web.Describe(err)
		web.SetRetryAfter(w.Header(), e)
		route.Errors(w, r, e)
	}
}

// bound limits a request before its caller is known: the size of its body, and the time of a webhook. The server limits
// headers and the time of every other request.
func (s *Server) bound(w http.ResponseWriter, r *http.Request, access web.Access) (*http.Request, context.CancelFunc) {
	if access == web.PlaidSigned {
		return web.Bound(w, r, web.MaxWebhook, s.opts.WebhookWithin)
	}
	return web.Bound(w, r, web.MaxBody, 0)
}

// requestIDs matches the ids that are taken over from a caller: UUIDs and trace ids. No token of Plaid's or of ours has
// this form, so none gets into our log this way.
var requestIDs = regexp.MustCompile(`^[0-9A-Fa-f-]{16,36}$`)

// nameRequests gives each request an id, in a header of its response and in its line of the log. It takes the caller's
// own id if that has the right form, or else the trace's id, or else a random one.
func nameRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(web.RequestIDHeader)
		if !requestIDs.MatchString(id) {
			id = newRequestID(r.Context())
		}
		w.Header().Set(web.RequestIDHeader, id)
		telemetry.EventIn(r.Context()).Set(zap.String("request_id", id))
		next.ServeHTTP(w, r)
	})
}

func newRequestID(ctx context.Context) string {
	if traced := trace.SpanContextFromContext(ctx); traced.HasTraceID() {
		return traced.TraceID().String()
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}

// respondToPanics returns what responds to a request whose handler panicked: an error in the form of its route.
func respondToPanics(errorsOf map[string]web.ErrorWriter) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		write, ok := errorsOf[r.Pattern]
		if !ok {
			write = web.Plain
		}
		write(w, r, web.Refuse(web.Failed, "relink failed at this request; its log says why", nil))
	}
}

// refuseUnrouted writes a problem to programs whose request matches no route. The mux alone would write text.
func refuseUnrouted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fallback, pattern := mux.Handler(r)
		if pattern != "" || !forPrograms(r.URL.Path) {
			mux.ServeHTTP(w, r)
			return
		}
		plain := web.NewRecorder()
		fallback.ServeHTTP(plain, r)
		switch plain.Status {
		case http.StatusNotFound:
			web.Problem(w, r, web.Refuse(web.NoSuchRoute, "there is no such route", nil))
		case http.StatusMethodNotAllowed:
			allow := plain.Header().Get("Allow")
			w.Header().Set("Allow", allow)
			web.Problem(w, r, web.Refuse(web.MethodNotAllowed, "the methods of this route are "+allow, nil))
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// forPrograms reports whether programs, and not people, call the routes under a path.
func forPrograms(path string) bool {
	return path == "/openapi.json" || path == "/v1" || strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/webhooks/")
}
