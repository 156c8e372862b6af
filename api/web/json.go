package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// WriteJSON writes a JSON response that must not be cached.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("write response: %w", err)
	}
	return nil
}

// ReadJSON decodes the one JSON object of a request into v. It returns an Error of InvalidRequest if the body is
// anything else, or has a field that v does not have.
func ReadJSON(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return InvalidJSON(err)
	}
	if d.More() {
		return Invalid("", "has something behind the JSON object")
	}
	return nil
}

// InvalidJSON returns the Error for an error of encoding/json. It says what is wrong and where, and repeats nothing
// that was sent. An error of reading the body is returned as it is.
func InvalidJSON(err error) error {
	var (
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
		tooBig *http.MaxBytesError
	)
	switch {
	case errors.As(err, &tooBig):
		return err
	case errors.As(err, &syntax):
		return withCause(Invalid("", "is not JSON from byte %d on", syntax.Offset), err)
	case errors.As(err, &kind):
		return withCause(Invalid("/"+strings.ReplaceAll(kind.Field, ".", "/"), "has a value of the wrong type"), err)
	case strings.HasPrefix(err.Error(), "json: unknown field"): // encoding/json has no type for it
		return withCause(Invalid("", "has a field that is not known here"), errors.New("unknown field"))
	}
	return withCause(Invalid("", "is not the JSON object that is wanted"), fmt.Errorf("%T", err)) // its text may quote a value
}

func withCause(e *Error, cause error) *Error {
	e.cause = cause
	return e
}
