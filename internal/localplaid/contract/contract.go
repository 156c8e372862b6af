// Package contract checks traffic against Plaid's own OpenAPI file, the one inside the pinned plaid-go module: every
// request, every answer and every webhook body. It is for tests only and may import of relink internal/openapi alone.
// Start reading at NewTransport; differences.go has the table of what today's Plaid has beyond that file.
package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"relink/internal/openapi"
)

// plaidGo is the module that carries Plaid's OpenAPI file.
const plaidGo = "github.com/plaid/plaid-go/v29"

// loadSpec returns Plaid's OpenAPI file with the known differences applied. It takes about two seconds, once per test
// binary.
var loadSpec = sync.OnceValues(func() (*openapi.Document, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", plaidGo).Output()
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", plaidGo, err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(strings.TrimSpace(string(out)), "api", "openapi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("load Plaid's OpenAPI file: %w", err)
	}
	doc.Servers = nil // so that paths match on whatever host a test server has
	for _, d := range Differences() {
		if err := d.apply(doc); err != nil {
			return nil, err
		}
	}
	return openapi.New(doc)
})

// camel turns PENDING_DISCONNECT into PendingDisconnect.
func camel(code string) (name string) {
	for word := range strings.SplitSeq(strings.ToLower(code), "_") {
		name += strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]
	}
	return name
}

// Transport is an http.RoundTripper that fails its test on every request or answer that Plaid's OpenAPI file does not
// allow. It may be used from several goroutines, but not after its test has ended.
type Transport struct {
	t    testing.TB
	next http.RoundTripper
	spec *openapi.Document

	mu      sync.Mutex
	covered map[string]bool // paths that have been answered
}

// NewTransport checks all that passes to and from next. It needs the go command, to find the pinned plaid-go module.
func NewTransport(t testing.TB, next http.RoundTripper) *Transport {
	t.Helper()
	loaded, err := loadSpec()
	if err != nil {
		t.Fatalf("contract: %v", err)
	}
	return &Transport{t: t, next: next, spec: loaded, covered: map[string]bool{}}
}

// RoundTrip passes the request on even when it is wrong: the test fails, and shows what came of it.
func (tr *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, err := readAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("read request to %s: %w", req.URL.Path, err)
	}
	again := req.Clone(req.Context()) // a RoundTripper must leave the request it was given as it is
	again.Body = io.NopCloser(bytes.NewReader(sent))
	resp, err := tr.next.RoundTrip(again)
	if err != nil {
		return nil, err
	}
	body, err := readAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", req.URL.Path, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	exchange, err := tr.spec.Exchange(req, sent)
	if err != nil {
		tr.t.Errorf("contract: not in Plaid's OpenAPI file: %v", err)
		return resp, nil
	}
	if err := exchange.CheckRequest(); err != nil {
		tr.t.Errorf("contract: request to %s: %v", exchange.Path, err)
	}
	if err := tr.checkAnswer(exchange, resp, body); err != nil {
		tr.t.Errorf("contract: %d answer of %s: %v", resp.StatusCode, exchange.Path, err)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.covered[exchange.Path] = true
	return resp, nil
}

// Covered returns the paths that have been answered, sorted.
func (tr *Transport) Covered() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Sorted(maps.Keys(tr.covered))
}

// readAll reads and closes a body, as a RoundTripper must.
func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}

// checkAnswer holds a success to the path's schema, and an error to PlaidError, also on the many paths whose errors the
// file leaves out. Every answer of Plaid's API has a request_id, though the file does not always require it.
func (tr *Transport) checkAnswer(exchange *openapi.Exchange, resp *http.Response, body []byte) error {
	var common struct {
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(body, &common); err != nil || common.RequestID == "" {
		return errors.New("no JSON object with a request_id")
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return tr.spec.CheckBody("PlaidError", body)
	}
	return exchange.CheckResponse(resp.StatusCode, resp.Header, body)
}

// Webhook fails the test unless the body is one of Plaid's webhooks, by the OpenAPI file and the known Differences.
func Webhook(t testing.TB, body []byte) {
	t.Helper()
	if err := checkWebhook(body); err != nil {
		t.Errorf("contract: webhook: %v\n%s", err, body)
	}
}

func checkWebhook(body []byte) error {
	spec, err := loadSpec()
	if err != nil {
		return err
	}
	var kind struct {
		Type string `json:"webhook_type"`
		Code string `json:"webhook_code"`
	}
	if err := json.Unmarshal(body, &kind); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	// The file does not say whose each schema is, but names them by code, some with the type in front:
	// PendingDisconnectWebhook, ItemErrorWebhook.
	for _, name := range []string{camel(kind.Type + "_" + kind.Code), camel(kind.Code)} {
		if _, ok := spec.Components.Schemas[name+"Webhook"]; ok {
			return spec.CheckBody(name+"Webhook", body)
		}
	}
	return fmt.Errorf("no schema is known for %s %s", kind.Type, kind.Code)
}
