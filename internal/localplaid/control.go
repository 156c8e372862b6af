package localplaid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// The controls are ours, not Plaid's: plain JSON without API keys. Unknown fields are refused, so that a typing mistake
// in a test does not pass for a default. Errors are {"error": "..."} with 400, 404 or 409.

// controlError is a caller's mistake. status is that of the answer.
type controlError struct {
	status  int
	message string
}

func (e *controlError) Error() string { return e.message }

func controlErrorf(format string, args ...any) error {
	return &controlError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// unknown is the error for what a caller names and nobody knows.
func unknown(what, name string) error {
	return &controlError{http.StatusNotFound, "no such " + what + ": " + name}
}

// maxControlBody has room for maxSigned webhooks.
const maxControlBody = 32 << 20

// control adapts an act with a typed request. The answer leaves once the data file holds what the act did.
func control[T any](s *Server, act func(context.Context, T) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := decodeControl[T](w, r)
		var result any
		if err == nil {
			result, err = act(r.Context(), req)
			err = s.kept(err)
		}
		if err == nil {
			writeJSON(w, http.StatusOK, result)
			return
		}
		status := http.StatusInternalServerError
		if wrong := new(controlError); errors.As(err, &wrong) {
			status = wrong.status
		}
		writeJSON(w, status, reply{"error": err.Error()})
	})
}

func decodeControl[T any](w http.ResponseWriter, r *http.Request) (req T, err error) {
	if _, none := any(req).(struct{}); none {
		return req, nil
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&req); err != nil {
		return req, controlErrorf("request body: %v", err)
	}
	return req, nil
}

// lockedAct adapts an act that needs the registry's lock.
func lockedAct[T any](g *registry, act func(T) (any, error)) func(context.Context, T) (any, error) {
	return func(_ context.Context, req T) (any, error) {
		return locked(g, func() (any, error) { return act(req) })
	}
}

func show(look func(url.Values) any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, look(r.URL.Query()))
	})
}

// controlRequests shows the calls, all or those of ?path= and ?item_id=. The counts beside them are exact, although the
// log forgets its oldest entries. ?count=1 leaves out the calls.
func (s *Server) controlRequests(q url.Values) any {
	path, itemID := q.Get("path"), q.Get("item_id")
	total, counts := s.requests.count(path, itemID)
	answer := reply{"count": total, "counts": counts}
	if q.Get("count") != "1" {
		answer["requests"] = s.requests.list(path, itemID)
	}
	return answer
}

// controlWebhooks shows the deliveries, all or those of ?item_id=, and how many of all Items the log has forgotten.
func (s *Server) controlWebhooks(q url.Values) any {
	shown, forgotten := s.deliveries.list(q.Get("item_id"))
	return reply{"webhooks": shown, "forgotten": forgotten}
}

func (s *Server) controlWebhookKey(url.Values) any { return s.keys.current().public() }

func (s *Server) controlKey(context.Context, struct{}) (any, error) { return s.keys.rotate(), nil }
