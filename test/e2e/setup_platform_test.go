package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

// platformSecret is the key that the platform and relink share, in the form of Standard Webhooks.
var platformSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(platformKey))

const platformKey = "platform-secret-5c2a7e9d1b"

// platform receives relink's messages over HTTP and verifies them with the library of Standard Webhooks.
type platform struct {
	url string

	mu      sync.Mutex
	tried   []received
	respond func(try int, t received, w http.ResponseWriter)
}

// received is a request to the platform.
type received struct {
	id       string
	at       time.Time // of its arrival
	header   http.Header
	body     []byte
	verified error
	Type     string          `json:"type"`
	Time     time.Time       `json:"timestamp"`
	Data     json.RawMessage `json:"data"`
}

// itemID returns the Item of an event; it is empty for a forwarded webhook.
func (got received) itemID() string {
	var data struct {
		ItemID string `json:"item_id"`
	}
	_ = json.Unmarshal(got.Data, &data)
	return data.ItemID
}

// passedOn returns Plaid's webhook as the platform gets it, byte for byte.
func (got received) passedOn(t *testing.T) []byte {
	t.Helper()
	var data struct {
		Environment string          `json:"environment"`
		ReceivedAt  time.Time       `json:"received_at"`
		Webhook     json.RawMessage `json:"webhook"`
	}
	require.NoError(t, json.Unmarshal(got.Data, &data))
	require.Equal(t, "sandbox", data.Environment)
	require.WithinDuration(t, time.Now(), data.ReceivedAt, time.Minute)
	return data.Webhook
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{}
	p.url = serve(t, p) + "/hooks/relink"
	return p
}

// ServeHTTP responds 204, unless respond is set. try counts the requests with one id, from 1.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	got := received{id: r.Header.Get("webhook-id"), at: time.Now(), header: r.Header, body: body}
	hook, err := standardwebhooks.NewWebhook(platformSecret)
	if err == nil {
		err = hook.Verify(body, r.Header)
	}
	if got.verified = err; err == nil {
		got.verified = json.Unmarshal(body, &got)
	}
	p.mu.Lock()
	p.tried = append(p.tried, got)
	try, respond := 0, p.respond
	for _, t := range p.tried {
		if t.id == got.id {
			try++
		}
	}
	p.mu.Unlock()
	if respond != nil {
		respond(try, got, w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// responds sets the response from now on; nil restores 204.
func (p *platform) responds(with func(try int, t received, w http.ResponseWriter)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.respond = with
}

// all returns the requests so far, oldest first. It fails the test if one does not verify.
func (p *platform) all(t *testing.T, about func(received) bool) (found []received) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, got := range p.tried {
		require.NoError(t, got.verified, "%s %s", got.header, got.body)
		if about(got) {
			found = append(found, got)
		}
	}
	return found
}

// await waits for n requests.
func (p *platform) await(t *testing.T, ctx context.Context, n int, about func(received) bool) (found []received) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, fmt.Sprintf("%d requests to the platform", n), func(context.Context) (bool, error) {
		found = p.all(t, about)
		return len(found) >= n, nil
	}))
	return found
}

func everything(received) bool { return true }

func webhookCoded(code string) func(received) bool {
	return func(t received) bool {
		return t.Type == "plaid.webhook" && strings.Contains(string(t.Data), `"`+code+`"`)
	}
}

func ofType(types ...string) func(received) bool {
	return func(t received) bool { return slices.Contains(types, t.Type) }
}
