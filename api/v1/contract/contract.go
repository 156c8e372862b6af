package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	v1 "relink/api/v1"
)

// Contract is the loaded OpenAPI document.
type Contract struct {
	Document *openapi3.T
	router   routers.Router
}

// Load returns the document, once per test binary. It is stricter than the file: a response may have only fields that
// the file names, although clients have to expect others.
var Load = sync.OnceValues(func() (*Contract, error) {
	file, err := v1.Contract()
	if err != nil {
		return nil, err
	}
	var raw map[string]any
	if err := json.Unmarshal(file, &raw); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	closeObjects(raw["components"])
	closed, err := json.Marshal(raw)
	if err != nil {
		return nil, fmt.Errorf("encode contract: %w", err)
	}
	document, err := openapi3.NewLoader().LoadFromData(closed)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	if err := document.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract is no OpenAPI document: %w", err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		return nil, fmt.Errorf("route contract: %w", err)
	}
	return &Contract{Document: document, router: router}, nil
})

// closeObjects forbids fields that a schema does not name, wherever it names any.
func closeObjects(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, named := n["properties"]; named && n["additionalProperties"] == nil {
			n["additionalProperties"] = false
		}
		for _, child := range n {
			closeObjects(child)
		}
	case []any:
		for _, child := range n {
			closeObjects(child)
		}
	}
}

// Holder is a handler that fails its test for every request or response that the contract does not allow. It is safe
// for concurrent use, but not after its test has ended.
type Holder struct {
	t        testing.TB
	next     http.Handler
	contract *Contract

	mu       sync.Mutex // guards answered
	answered map[string]int
}

// Hold returns a Holder in front of next. Requests for anything but /v1 and its document pass through.
func Hold(t testing.TB, next http.Handler) *Holder {
	t.Helper()
	loaded, err := Load()
	if err != nil {
		t.Fatalf("contract: %v", err)
	}
	return &Holder{t: t, next: next, contract: loaded, answered: map[string]int{}}
}

// ServeHTTP implements http.Handler.
func (h *Holder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead || (!strings.HasPrefix(r.URL.Path, "/v1/") && r.URL.Path != "/openapi.json") {
		h.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Errorf("contract: %s %s: read body: %v", r.Method, r.URL.Path, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	h.next.ServeHTTP(rec, r)
	if err := h.check(r, body, rec); err != nil {
		h.t.Errorf("contract: %s %s, answered %d %s: %v", r.Method, r.URL.Path, rec.Code, rec.Body, err)
	}
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// check holds a request and its response against the contract. A request that the contract does not allow must have
// been refused; a request that it allows may be refused for other reasons.
func (h *Holder) check(r *http.Request, body []byte, rec *httptest.ResponseRecorder) error {
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	route, parameters, err := h.contract.router.FindRoute(sent)
	if err != nil {
		return h.checkUnrouted(rec)
	}
	options := &openapi3filter.Options{
		MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}
	request := &openapi3filter.RequestValidationInput{Request: sent, PathParams: parameters, Route: route, Options: options}
	if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil && rec.Code < http.StatusBadRequest {
		return fmt.Errorf("the request was not refused: %w", err)
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: rec.Code, Header: rec.Header(),
		Options: options,
	}
	if err := openapi3filter.ValidateResponse(r.Context(), response.SetBodyBytes(rec.Body.Bytes())); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answered[r.Method+" "+route.Path]++
	return nil
}

// checkUnrouted holds the response to a request that no operation takes against the schema of problems.
func (h *Holder) checkUnrouted(rec *httptest.ResponseRecorder) error {
	if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed {
		return errors.New("no operation takes it")
	}
	if rec.Code == http.StatusMethodNotAllowed && rec.Header().Get("Allow") == "" {
		return errors.New("it does not say which methods there are")
	}
	var problem any
	if err := json.Unmarshal(rec.Body.Bytes(), &problem); err != nil {
		return fmt.Errorf("it is no problem: %w", err)
	}
	return h.contract.Document.Components.Schemas["Problem"].Value.VisitJSON(problem, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors())
}

// Answered returns the operations that were answered as the contract says, "GET /v1/items", sorted.
func (h *Holder) Answered() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.answered))
}
