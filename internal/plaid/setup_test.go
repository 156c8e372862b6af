package plaid_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/vault"
)

const (
	theToken = "access-sandbox-5a1f0c3e"
	healthy  = `{"item":{"item_id":"itm_1","institution_id":"ins_109508","error":null,"consent_expiration_time":null},"request_id":"r1"}`
	accounts = `{"accounts":[],"item":{"item_id":"itm_1","error":null},"request_id":"r2"}`
)

// shelf is a vault that reverses a token, and refuses a row that it did not seal.
type shelf struct{}

func (s shelf) SealToken(id item.ID, token string) (vault.Sealed, error) {
	return s.Seal("items/"+string(id), token)
}

func (shelf) Seal(row, secret string) (vault.Sealed, error) {
	if strings.HasSuffix(row, "/itm_unsealable") {
		return vault.Sealed{}, errors.New("the shelf is full")
	}
	ciphertext := []byte(secret)
	slices.Reverse(ciphertext)
	return vault.Sealed{Row: row, Ciphertext: ciphertext}, nil
}

func (shelf) Open(s vault.Sealed) (string, error) {
	if s.Row == "" {
		return "", errors.New("nothing on the shelf")
	}
	plain := slices.Clone(s.Ciphertext)
	slices.Reverse(plain)
	return string(plain), nil
}

func sealed(t *testing.T) vault.Sealed {
	t.Helper()
	s, err := shelf{}.SealToken("itm_1", theToken)
	require.NoError(t, err)
	return s
}

// asked is one request.
type asked struct {
	Path   string
	Header http.Header
	Body   map[string]any
}

// fake serves each path with a handler and records the requests.
type fake struct {
	URL string

	mu    sync.Mutex
	asked []asked
}

func (f *fake) requests() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func (f *fake) paths() []string {
	var paths []string
	for _, a := range f.requests() {
		paths = append(paths, a.Path)
	}
	return paths
}

func serve(t *testing.T, routes map[string]http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		a := asked{Path: r.URL.Path, Header: r.Header.Clone()}
		_ = json.Unmarshal(raw, &a.Body)
		f.mu.Lock()
		f.asked = append(f.asked, a)
		f.mu.Unlock()
		handle, ok := routes[r.URL.Path]
		if !ok {
			http.Error(w, "no such route in this test", http.StatusNotImplemented)
			return
		}
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

func responds(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func refuse(kind, code string) http.HandlerFunc {
	body, _ := json.Marshal(map[string]any{
		"error_type": kind, "error_code": code, "error_message": "for developers, about " + theToken,
		"display_message": nil, "request_id": "req1",
	})
	return responds(http.StatusBadRequest, string(body))
}

func options(url string) plaid.Options {
	return plaid.Options{
		Environment: "sandbox", ClientID: "client", Secrets: func() []string { return []string{"secret"} },
		BaseURL: url, ClientName: "Acme Capital",
	}
}

func clientOf(t *testing.T, opts plaid.Options) *plaid.Client {
	t.Helper()
	c, err := plaid.New(opts, shelf{})
	require.NoError(t, err)
	return c
}
