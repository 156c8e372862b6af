package localplaid

import (
	"bytes"
	"cmp"
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

// call is one request to Plaid's API or to Link. A handler notes the Item that it turned out to concern, for the log.
type call struct {
	apiRequest

	request   *http.Request
	requestID string
	itemID    string
}

// reply is a JSON object. An answer of Plaid's API gets its request_id when it is written.
type reply map[string]any

type handler func(*call) (reply, error)

// onItem adapts a handler that serves the Item of the call's access token.
func (g *registry) onItem(serve func(*item, *call) (reply, error)) handler {
	return func(c *call) (reply, error) {
		it, err := g.subject(c)
		if err != nil {
			return nil, err
		}
		return serve(it, c)
	}
}

// subject returns the Item of the call's access token.
func (g *registry) subject(c *call) (*item, error) {
	it, err := g.byAccessToken(c.AccessToken)
	if err == nil {
		c.itemID = it.id
	}
	return it, err
}

// api serves one path. It checks in Plaid's order: body, API keys, fields. Then a fault strikes, if one is wanted.
func (s *Server) api(route apiRoute) http.Handler {
	required, known := fieldNames(route.fields)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{request: r, requestID: newRequestID()}
		var result reply
		err := s.admit(c, w, required, known)
		if err == nil {
			err = s.disturb(c, route.path)
		}
		if err == nil {
			result, err = locked(s.registry, func() (reply, error) { return route.serve(c) })
			if route.changes {
				err = s.kept(err)
			}
		}
		s.answer(c, w, route.path, result, err)
	})
}

// admit reads the body and refuses what Plaid refuses before it looks at the matter.
func (s *Server) admit(c *call, w http.ResponseWriter, required, known []string) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, c.request.Body, maxBody))
	var given map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &given) != nil || given == nil {
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
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return plaidError("UNKNOWN_FIELDS").saying("the following fields are not recognized by this endpoint: " + strings.Join(unknown, ", "))
	}
	if err := missingFields(missing); err != nil {
		return err
	}
	err = json.Unmarshal(body, &c.apiRequest)
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return invalidField(wrong.Field + " has the wrong type: " + wrong.Value)
	}
	return err
}

// checkKeys accepts the API keys in the body or in the PLAID-CLIENT-ID and PLAID-SECRET headers, as Plaid does.
func (s *Server) checkKeys(header http.Header, given map[string]json.RawMessage) error {
	var missing []string
	value := func(name, headerName string) (value string) {
		_ = json.Unmarshal(given[name], &value) // where it is absent or no string, the header may have it
		if value = cmp.Or(value, header.Get(headerName)); value == "" {
			missing = append(missing, name)
		}
		return value
	}
	right := value("client_id", "PLAID-CLIENT-ID") == s.clientID && value("secret", "PLAID-SECRET") == s.secret
	if err := missingFields(missing); err != nil || right {
		return err
	}
	return plaidError("INVALID_API_KEYS")
}

func missingFields(names []string) error {
	if len(names) == 0 {
		return nil
	}
	return plaidError("MISSING_FIELDS").saying("the following required fields are missing: " + strings.Join(names, ", "))
}

// answer writes a result or Plaid's error object, and logs the call.
func (s *Server) answer(c *call, w http.ResponseWriter, path string, result any, err error) {
	status := http.StatusOK
	if err != nil {
		var failure *apiError
		if !errors.As(err, &failure) {
			s.logger.Error("request failed", zap.String("path", path), zap.String("request_id", c.requestID), zap.Error(err))
			failure = plaidError("INTERNAL_SERVER_ERROR")
		}
		status, result = failure.httpStatus(), failure.answer(c.requestID)
	} else if object, ok := result.(reply); ok {
		object["request_id"] = c.requestID
	}
	s.requests.add(requestEntry{Time: s.now(), requestKind: requestKind{Path: path, ItemID: c.itemID, Status: status}})
	writeJSON(w, status, result)
}

// notFound responds to every path and method that is not served. It does not log the path, which may hold anything.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.answer(&call{request: r, requestID: newRequestID()}, w, "(unknown)", nil, plaidError("NOT_FOUND"))
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller is gone, or reads it
}
