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

// platformSecret is what the platform and relink share: a key, as it is handed out.
var platformSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(platformKey))

const platformKey = "platform-secret-5c2a7e9d1b"

// platform takes what relink tells it, over HTTP, and checks it with the library that Standard Webhooks hands out.
type platform struct {
	url string

	mu     sync.Mutex
	tried  []told
	answer func(try int, t told, w http.ResponseWriter)
}

// told is a request as the platform sees it.
type told struct {
	id       string
	at       time.Time // when it came
	header   http.Header
	body     []byte
	verified error
	Type     string          `json:"type"`
	Time     time.Time       `json:"timestamp"`
	Data     json.RawMessage `json:"data"`
}

// itemID is the Item that an event is about; empty for a webhook that is passed on.
func (got told) itemID() string {
	var data struct {
		ItemID string `json:"item_id"`
	}
	_ = json.Unmarshal(got.Data, &data)
	return data.ItemID
}

// passedOn is Plaid's webhook as the platform gets it, byte for byte: what a decoder hands over as it is.
func (got told) passedOn(t *testing.T) []byte {
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

// ServeHTTP answers 204, unless it is to answer something else: try counts how often this id came, from 1.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	got := told{id: r.Header.Get("webhook-id"), at: time.Now(), header: r.Header, body: body}
	hook, err := standardwebhooks.NewWebhook(platformSecret)
	if err == nil {
		err = hook.Verify(body, r.Header)
	}
	if got.verified = err; err == nil {
		got.verified = json.Unmarshal(body, &got)
	}
	p.mu.Lock()
	p.tried = append(p.tried, got)
	try, answer := 0, p.answer
	for _, t := range p.tried {
		if t.id == got.id {
			try++
		}
	}
	p.mu.Unlock()
	if answer != nil {
		answer(try, got, w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *platform) answers(with func(try int, t told, w http.ResponseWriter)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = with
}

// all are the requests that came, oldest first, all of which must verify.
func (p *platform) all(t *testing.T, about func(told) bool) (found []told) {
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
func (p *platform) await(t *testing.T, ctx context.Context, n int, about func(told) bool) (found []told) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, fmt.Sprintf("%d requests to the platform", n), func(context.Context) (bool, error) {
		found = p.all(t, about)
		return len(found) >= n, nil
	}))
	return found
}

func everything(told) bool { return true }

func webhookCoded(code string) func(told) bool {
	return func(t told) bool {
		return t.Type == "plaid.webhook" && strings.Contains(string(t.Data), `"`+code+`"`)
	}
}

func ofType(types ...string) func(told) bool {
	return func(t told) bool { return slices.Contains(types, t.Type) }
}
