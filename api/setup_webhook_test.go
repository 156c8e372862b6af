package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relink/api"
	"relink/api/portal/page"
	"relink/internal/inbox"
	"relink/internal/postgres"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// door is an api whose only real part is the door for webhooks. It stores deliveries in memory.
type door struct {
	at    string
	plaid *ecdsa.PrivateKey // its kid is "plaid"
	keys  *countedKeys
	inbox *memory
	log   *observer.ObservedLogs
	watch *telemetry.Telemetry
}

func newDoor(t *testing.T, change func(*api.Deps, *api.Options)) *door {
	t.Helper()
	d := &door{plaid: newKey(t), inbox: &memory{rows: map[string]int64{}}}
	d.keys = &countedKeys{key: jose.JSONWebKey{Key: &d.plaid.PublicKey, KeyID: "plaid"}}
	keys, err := webhook.NewKeys(d.keys, webhook.KeysOptions{})
	require.NoError(t, err)
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{})
	require.NoError(t, err)
	pages, err := page.New()
	require.NoError(t, err)
	core, logs := observer.New(zapcore.InfoLevel)
	d.log, d.watch = logs, telemetry.New(zap.New(core), telemetry.Options{})
	deps := api.Deps{
		Store: d.inbox, Verifier: verifier, Pages: pages, Telemetry: d.watch,
		Dispatcher: inbox.New(nil, nil, zap.NewNop(), inbox.Options{}), // never run
		Seal: func(deliveryKey, body []byte) ([]byte, error) {
			return bytes.Join([][]byte{[]byte("sealed"), deliveryKey, body}, []byte{0}), nil
		},
	}
	opts := api.Options{Environment: "sandbox", PublicURL: "https://relink.example.com"}
	if change != nil {
		change(&deps, &opts)
	}
	s, err := api.New(deps, opts)
	require.NoError(t, err)
	s.StopSourcesClock()
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	d.at = server.URL
	return d
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// signedBy returns a Plaid-Verification header.
func signedBy(t *testing.T, key *ecdsa.PrivateKey, kid string, at time.Time, body string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	payload, err := json.Marshal(map[string]any{"iat": at.Unix(), "request_body_sha256": hex.EncodeToString(sum[:])})
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key},
		&jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": kid}})
	require.NoError(t, err)
	token, err := signer.Sign(payload)
	require.NoError(t, err)
	compact, err := token.CompactSerialize()
	require.NoError(t, err)
	return compact
}

// fresh returns a signature that Plaid makes now.
func (d *door) fresh(t *testing.T, body string) string {
	t.Helper()
	return signedBy(t, d.plaid, "plaid", time.Now(), body)
}

// deliver posts a body with its token; forwarded is X-Forwarded-For, if not empty.
func (d *door) deliver(t *testing.T, token, body, forwarded string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.at+"/webhooks/plaid/sandbox", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Plaid-Verification", token)
	if forwarded != "" {
		req.Header.Set("X-Forwarded-For", forwarded)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res
}

// counted returns the value of a counter, or "" if it was never counted.
func (d *door) counted(t *testing.T, name string) string {
	t.Helper()
	response := httptest.NewRecorder()
	d.watch.MetricsHandler().ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(response.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// countedKeys is Plaid's key endpoint. While it is held, it does not respond.
type countedKeys struct {
	key   jose.JSONWebKey
	mu    sync.Mutex
	asked []string
	held  bool
}

func (k *countedKeys) WebhookKey(ctx context.Context, kid string) (webhook.Key, error) {
	k.mu.Lock()
	k.asked = append(k.asked, kid)
	held := k.held
	k.mu.Unlock()
	switch {
	case held:
		<-ctx.Done()
		return webhook.Key{}, ctx.Err()
	case kid != k.key.KeyID:
		return webhook.Key{}, webhook.ErrUnknownKey
	}
	return webhook.Key{JWK: k.key}, nil
}

func (k *countedKeys) questions() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.asked)
}

// memory is a store that only receives deliveries.
type memory struct {
	*postgres.Store
	mu      sync.Mutex
	entries []inbox.Entry
	rows    map[string]int64
	fail    error
	held    bool
}

func (m *memory) Receive(ctx context.Context, a inbox.Entry) (inbox.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held {
		<-ctx.Done()
		return inbox.Receipt{}, ctx.Err()
	}
	if m.fail != nil {
		return inbox.Receipt{}, m.fail
	}
	if id, ok := m.rows[string(a.DeliveryKey)]; ok {
		return inbox.Receipt{RowID: id, Repeat: true}, nil
	}
	m.entries = append(m.entries, a)
	id := int64(len(m.entries))
	m.rows[string(a.DeliveryKey)] = id
	return inbox.Receipt{RowID: id}, nil
}

func (m *memory) all() []inbox.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]inbox.Entry(nil), m.entries...)
}
