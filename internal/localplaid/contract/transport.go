package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Transport is an http.RoundTripper that fails its test on every request or answer Plaid's OpenAPI file does not allow.
// It may be used from several goroutines, but not after its test has ended.
type Transport struct {
	t    testing.TB
	next http.RoundTripper
	spec *spec

	mu      sync.Mutex
	covered map[string]bool // paths that have been answered
}

// NewTransport checks all that passes to and from next; nil means http.DefaultTransport. It needs the go command, to
// find the pinned plaid-go module.
func NewTransport(t testing.TB, next http.RoundTripper) *Transport {
	t.Helper()
	loaded, err := loadSpec()
	if err != nil {
		t.Fatalf("contract: %v", err)
	}
	if next == nil {
		next = http.DefaultTransport
	}
	return &Transport{t: t, next: next, spec: loaded, covered: map[string]bool{}}
}

// RoundTrip passes the request on even when it is wrong: the test fails, and shows what came of it.
func (tr *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	route, _, err := tr.spec.router.FindRoute(req)
	if err != nil {
		tr.t.Errorf("contract: %s %s is not in Plaid's OpenAPI file: %v", req.Method, req.URL.Path, err)
		return tr.next.RoundTrip(req)
	}
	sent, err := readBody(req)
	if err != nil {
		return nil, fmt.Errorf("read request to %s: %w", route.Path, err)
	}
	if err := checkRequest(route, req.Header, sent); err != nil {
		tr.t.Errorf("contract: request to %s: %v", route.Path, err)
	}
	again := req.Clone(req.Context()) // a RoundTripper must leave the request it was given as it is
	again.Body = io.NopCloser(bytes.NewReader(sent))
	resp, err := tr.next.RoundTrip(again)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", route.Path, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err := tr.checkAnswer(route, resp, body); err != nil {
		tr.t.Errorf("contract: %d answer of %s: %v", resp.StatusCode, route.Path, err)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.covered[route.Path] = true
	return resp, nil
}

// readBody reads and closes the body, as a RoundTripper must.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer func() { _ = req.Body.Close() }()
	return io.ReadAll(req.Body)
}

func checkRequest(route *routers.Route, header http.Header, body []byte) error {
	if route.Operation.RequestBody == nil {
		return errors.New("the path takes no request body in Plaid's OpenAPI file")
	}
	return checkContent(route.Operation.RequestBody.Value.Content, header, body)
}

// checkAnswer holds a success against the path's schema, and an error against PlaidError, also on the many paths whose
// errors the file leaves out. Every answer of Plaid's API has a request_id, though the file does not always require it.
func (tr *Transport) checkAnswer(route *routers.Route, resp *http.Response, body []byte) error {
	var common struct {
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(body, &common); err != nil || common.RequestID == "" {
		return errors.New("no JSON object with a request_id")
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return checkBody(tr.spec.doc.Components.Schemas["PlaidError"], body)
	}
	documented := route.Operation.Responses.Status(resp.StatusCode)
	if documented == nil {
		return errors.New("no such status in Plaid's OpenAPI file")
	}
	return checkContent(documented.Value.Content, resp.Header, body)
}

func checkContent(content openapi3.Content, header http.Header, body []byte) error {
	kind := header.Get("Content-Type")
	media := content.Get(kind)
	if media == nil || media.Schema == nil {
		return fmt.Errorf("content type %q is not in Plaid's OpenAPI file", kind)
	}
	return checkBody(media.Schema, body)
}

// Covered returns the paths that have been answered, sorted.
func (tr *Transport) Covered() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Sorted(maps.Keys(tr.covered))
}
