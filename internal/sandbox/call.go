package sandbox

import (
	"bytes"
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"go.uber.org/zap"
)

// maxBody is more than any of these requests needs.
const maxBody = 1 << 20

// call is one request to Plaid's API. A handler notes the Item it turned out to concern, for the log.
type call struct {
	request   *http.Request
	body      []byte
	requestID string
	itemID    string
}

// handle adapts a handler with a typed request.
func handle[T any](serve func(*call, T) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		var req T
		if err := json.Unmarshal(c.body, &req); err != nil {
			var wrong *json.UnmarshalTypeError
			if errors.As(err, &wrong) {
				return nil, invalidField(wrong.Field + " has the wrong type: " + wrong.Value)
			}
			return nil, plaidError("INVALID_BODY")
		}
		return serve(c, req)
	}
}

// api serves one path: body, API keys, fields, a fault if one is wanted, handler, answer, log; in the order Plaid checks them.
func (s *Server) api(route apiRoute) http.Handler {
	required, known := fieldNames(route.fields)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{request: r, requestID: newRequestID()}
		answer, err := func() (any, error) {
			if err := s.admit(c, w, required, known); err != nil {
				return nil, err
			}
			if err := s.disturb(c, route.path); err != nil {
				return nil, err
			}
			return route.serve(c)
		}()
		s.answer(c, w, route.path, answer, err)
	})
}

// admit reads the body and refuses what Plaid refuses before it looks at the matter.
func (s *Server) admit(c *call, w http.ResponseWriter, required, known []string) error {
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, c.request.Body, maxBody)); err != nil {
		return plaidError("INVALID_BODY")
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(c.body, &given); err != nil || given == nil {
		return plaidError("INVALID_BODY")
	}
	if err := s.checkKeys(c.request.Header, given); err != nil {
		return err
	}
	var unknown, missing []string
	for name := range given {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	for _, name := range required {
		if value, ok := given[name]; !ok || bytes.Equal(value, []byte("null")) {
			missing = append(missing, name)
		}
	}
	switch {
	case len(unknown) > 0:
		slices.Sort(unknown)
		return &apiError{kind: "INVALID_REQUEST", code: "UNKNOWN_FIELDS", message: "the following fields are not recognized by this endpoint: " + strings.Join(unknown, ", ")}
	case len(missing) > 0:
		return missingFields(missing)
	}
	return nil
}

// checkKeys accepts the API keys in the body or in the PLAID-CLIENT-ID and PLAID-SECRET headers, as Plaid does.
func (s *Server) checkKeys(header http.Header, given map[string]json.RawMessage) error {
	key := func(name, headerName string) string {
		var value string
		_ = json.Unmarshal(given[name], &value) // absent or not a string: the header may have it
		return cmp.Or(value, header.Get(headerName))
	}
	clientID, secret := key("client_id", "PLAID-CLIENT-ID"), key("secret", "PLAID-SECRET")
	var missing []string
	if clientID == "" {
		missing = append(missing, "client_id")
	}
	if secret == "" {
		missing = append(missing, "secret")
	}
	if len(missing) > 0 {
		return missingFields(missing)
	}
	right := subtle.ConstantTimeCompare([]byte(clientID), []byte(s.clientID)) & subtle.ConstantTimeCompare([]byte(secret), []byte(s.secret))
	if right != 1 {
		return plaidError("INVALID_API_KEYS")
	}
	return nil
}

func missingFields(names []string) *apiError {
	return &apiError{kind: "INVALID_REQUEST", code: "MISSING_FIELDS", message: "the following required fields are missing: " + strings.Join(names, ", ")}
}

// answer writes a result or Plaid's error object and logs the call.
func (s *Server) answer(c *call, w http.ResponseWriter, path string, result any, err error) {
	status := http.StatusOK
	if err != nil {
		var failure *apiError
		if !errors.As(err, &failure) {
			s.logger.Error("request failed", zap.String("path", path), zap.String("request_id", c.requestID), zap.Error(err))
			failure = plaidError("INTERNAL_SERVER_ERROR")
		}
		status, result = failure.httpStatus(), failure.answer(c.requestID)
	}
	s.requests.add(requestEntry{Time: s.now(), Path: path, ItemID: c.itemID, Status: status})
	writeJSON(w, status, result)
}

// notFound answers every path and method we do not serve. The path is not logged: it is not ours, so it may hold anything.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.answer(&call{request: r, requestID: newRequestID()}, w, "(unknown)", nil, plaidError("NOT_FOUND"))
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller is gone, or reads it
}
