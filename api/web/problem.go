package web

import (
	"encoding/json"
	"net/http"
	"strconv"

	"relink/internal/signin"
)

// RequestIDHeader is the header with the request's id. Every response has it, and our log names the same id.
const RequestIDHeader = "X-Request-Id"

// problem is the body of an application/problem+json (RFC 9457).
type problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	RequestID string       `json:"request_id"`
	Errors    []FieldError `json:"errors,omitempty"`
}

// Problem is the ErrorWriter of callers that are programs: it writes application/problem+json.
func Problem(w http.ResponseWriter, _ *http.Request, e *Error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if challenge := signin.Challenge(e); challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.WriteHeader(e.Kind.Status)
	_ = json.NewEncoder(w).Encode(problem{
		Type: e.Kind.URN(), Title: e.Kind.Title, Status: e.Kind.Status, Detail: e.Detail,
		RequestID: w.Header().Get(RequestIDHeader), Errors: e.Fields,
	})
}

// Plain is the ErrorWriter of files.
func Plain(w http.ResponseWriter, _ *http.Request, e *Error) {
	http.Error(w, e.Detail, e.Kind.Status)
}

// SetRetryAfter sets the header Retry-After if the request may succeed later.
func SetRetryAfter(h http.Header, e *Error) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds())))
	}
}
