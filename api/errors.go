package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// fault is an error with its answer: what the caller may read, and for us the cause behind it.
type fault struct {
	status     int
	public     string
	kind       string // the problem's type: a URN, for what a caller's program tells apart; mostly empty
	retryAfter time.Duration
	cause      error
}

func (f *fault) Error() string {
	if f.cause == nil {
		return f.public
	}
	return f.public + ": " + f.cause.Error()
}

func (f *fault) Unwrap() error { return f.cause }

func refuse(status int, public string, cause error) *fault {
	return &fault{status: status, public: public, cause: cause}
}

func badInput(format string, args ...any) *fault {
	return refuse(http.StatusBadRequest, fmt.Sprintf(format, args...), nil)
}

// describe maps every error that a handler may return to its answer. What is not known here is internal, and its text
// stays with us.
func describe(err error) *fault {
	var (
		f       *fault
		tooBig  *http.MaxBytesError
		atPlaid *plaid.Error
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &tooBig):
		return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", tooBig.Limit), err)
	case errors.Is(err, item.ErrUnknown):
		return refuse(http.StatusNotFound, "no such item", err)
	case errors.Is(err, item.ErrTaken):
		return refuse(http.StatusConflict, "this item belongs to another merchant", err)
	case errors.Is(err, item.ErrErasing):
		return refuse(http.StatusConflict, "the merchant is being erased", err)
	case errors.Is(err, item.ErrBusy):
		return &fault{status: http.StatusConflict, kind: requestInWork, public: "another request is at it", retryAfter: busyRetryAfter, cause: err}
	case errors.Is(err, signin.ErrStale):
		return refuse(http.StatusBadRequest, "no such sign-in is under way", err)
	case errors.Is(err, signin.ErrRefused):
		return refuse(http.StatusForbidden, "the issuer did not sign you in", err)
	case errors.Is(err, signin.ErrUnauthenticated):
		return refuse(http.StatusUnauthorized, "a valid bearer token is needed", err)
	case errors.Is(err, signin.ErrForbidden):
		return refuse(http.StatusForbidden, "the scope for this was not granted", err)
	case errors.Is(err, signin.ErrUnavailable):
		return &fault{status: http.StatusServiceUnavailable, public: "the issuer cannot be asked now", retryAfter: 5 * time.Second, cause: err}
	case errors.As(err, &atPlaid) && atPlaid.Final():
		return refuse(http.StatusUnprocessableEntity, "plaid refused it: "+atPlaid.Code, err)
	case errors.As(err, &atPlaid):
		return &fault{status: http.StatusServiceUnavailable, public: "plaid cannot be asked now", retryAfter: 10 * time.Second, cause: err}
	}
	return &fault{status: http.StatusServiceUnavailable, public: "not done; try again", retryAfter: 5 * time.Second, cause: err}
}

// answerer writes a fault in the form its callers read.
type answerer func(w http.ResponseWriter, r *http.Request, f *fault)

// serve lets in whom the route is for, and has it handled. An error goes, whole, into the request's line in the log, and
// in few words to the caller.
func (s *Server) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, done := s.bounded(w, r, rt.Access)
		defer done()
		r, err := s.admit(r, rt.Access)
		if err == nil {
			err = rt.handle(w, r)
		}
		if err == nil {
			return
		}
		telemetry.EventIn(r.Context()).Set(zap.Error(err))
		f := describe(err)
		if rt.Access == PlaidSigned {
			s.refusedWebhook(w, r, err, f)
		}
		if f.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.retryAfter.Seconds())))
		}
		rt.answer(w, r, f)
	}
}

// problem answers application/problem+json (RFC 9457).
func problem(w http.ResponseWriter, _ *http.Request, f *fault) {
	w.Header().Set("Content-Type", "application/problem+json")
	if challenge := signin.Challenge(f); challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.WriteHeader(f.status)
	answer := map[string]any{"title": http.StatusText(f.status), "status": f.status, "detail": f.public}
	if f.kind != "" {
		answer["type"] = f.kind
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func plain(w http.ResponseWriter, _ *http.Request, f *fault) { http.Error(w, f.public, f.status) }

func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// readJSON decodes the one JSON object of a request; a field that nobody reads is an error that names it.
func readJSON(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return err
		}
		return badInput("the body is not the JSON object that is wanted: %v", err)
	}
	if d.More() {
		return badInput("there is something behind the JSON object")
	}
	return nil
}
