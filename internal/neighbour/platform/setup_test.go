package platform_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/neighbour"
	"relink/internal/neighbour/platform"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

func secretOf(letter string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

var oldSecret, newSecret = secretOf("o"), secretOf("n")

// vault seals a body by reversing its bytes.
type vault struct{}

func (vault) OpenBody(deliveryKey, sealed []byte) ([]byte, error) {
	if string(deliveryKey) != "delivery 1" {
		return nil, errors.New("sealed for another delivery")
	}
	return turned(sealed), nil
}

func turned(b []byte) []byte {
	around := make([]byte, len(b))
	for i, c := range b {
		around[len(b)-1-i] = c
	}
	return around
}

// receiver is the platform's server.
type receiver struct {
	url string

	mu      sync.Mutex
	got     []taken
	respond http.HandlerFunc
}

// taken is a received request.
type taken struct {
	header http.Header
	body   []byte
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.got = append(r.got, taken{req.Header, body})
	respond := r.respond
	r.mu.Unlock()
	if respond != nil {
		respond(w, req)
	}
}

func (r *receiver) responds(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.respond = h
}

func (r *receiver) all() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]taken{}, r.got...)
}

func (r *receiver) platform(t *testing.T, secrets ...string) *platform.Platform {
	t.Helper()
	p, err := platform.New(platform.Options{URL: r.url, Secrets: secrets, Environment: "sandbox"}, vault{})
	require.NoError(t, err)
	return p
}

func event() neighbour.Message {
	return neighbour.Message{
		Envelope: neighbour.Envelope{Key: "platform/itm_1/1/opened", Destination: neighbour.Platform, Event: "item.login_required"},
		At:       noon, Payload: []byte(`{"item_id": "itm_1", "incident": 1}`),
	}
}

func passedOn(body string) neighbour.Message {
	return neighbour.Message{
		Envelope: neighbour.Envelope{Key: "plaid.webhook/17", Destination: neighbour.Platform, Event: neighbour.PlaidWebhook},
		At:       noon, DeliveryKey: []byte("delivery 1"), RawSealed: turned([]byte(body)),
	}
}
