// Package contract holds requests and responses to api/v1/openapi.yaml. It is for tests only, and may import api/v1,
// which has the file, and internal/openapi. Start reading at Hold.
package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	v1 "relink/api/v1"
	"relink/internal/openapi"
)

// Load returns the document, once per test binary.
var Load = sync.OnceValues(func() (*openapi.Document, error) {
	file, err := v1.Contract()
	if err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(file)
	if err == nil {
		err = document.Validate(context.Background())
	}
	if err != nil {
		return nil, fmt.Errorf("contract is no OpenAPI document: %w", err)
	}
	return openapi.New(document)
})

// Holder is a handler that fails its test for every request or response that the contract does not allow. A response
// may have only fields that the contract names, although clients have to expect others. It is safe for concurrent use,
// but not after its test has ended.
type Holder struct {
	t        testing.TB
	next     http.Handler
	contract *openapi.Document
}

// Hold returns a Holder in front of next. Requests for anything but /v1 and its document pass through.
func Hold(t testing.TB, next http.Handler) *Holder {
	t.Helper()
	loaded, err := Load()
	if err != nil {
		t.Fatalf("contract: %v", err)
	}
	return &Holder{t: t, next: next, contract: loaded}
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

// check holds a request and its response to the contract. A request that the contract does not allow must have been
// refused; a request that it allows may be refused for other reasons.
func (h *Holder) check(r *http.Request, body []byte, rec *httptest.ResponseRecorder) error {
	exchange, err := h.contract.Exchange(r, body)
	if err != nil {
		return h.checkUnrouted(rec)
	}
	if err := exchange.CheckRequest(); err != nil && rec.Code < http.StatusBadRequest {
		return fmt.Errorf("the request was not refused: %w", err)
	}
	return exchange.CheckResponse(rec.Code, rec.Header(), rec.Body.Bytes())
}

// checkUnrouted holds the response to a request that no operation takes to the schema of problems.
func (h *Holder) checkUnrouted(rec *httptest.ResponseRecorder) error {
	if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed {
		return errors.New("no operation takes it")
	}
	if rec.Code == http.StatusMethodNotAllowed && rec.Header().Get("Allow") == "" {
		return errors.New("it does not say which methods there are")
	}
	if err := h.contract.CheckBody("Problem", rec.Body.Bytes()); err != nil {
		return fmt.Errorf("it is no problem: %w", err)
	}
	return nil
}
