package webhook_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

const kid = "11111111-2222-3333-4444-555555555555"

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// clock is a time that a test moves by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: start} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// signer signs as Plaid does.
type signer struct {
	kid     string
	private *ecdsa.PrivateKey
}

func newSigner(t testing.TB, kid string) signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return signer{kid: kid, private: private}
}

// key returns the signer's public key in the form of Plaid's API; expiredAt is JSON.
func (s signer) key(t testing.TB, expiredAt string) webhook.Key {
	t.Helper()
	key, err := webhook.ParseKey(s.jwk(t, expiredAt))
	require.NoError(t, err)
	return key
}

func (s signer) jwk(t testing.TB, expiredAt string) []byte {
	t.Helper()
	point, err := s.private.PublicKey.Bytes()
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	return fmt.Appendf(nil,
		`{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":%q,"x":%q,"y":%q,"created_at":1560466150,"expired_at":%s}`,
		s.kid, encode(point[1:33]), encode(point[33:]), expiredAt)
}

func (s signer) sign(t testing.TB, iat time.Time, body string) string {
	t.Helper()
	return s.signClaims(t, claims(iat, body))
}

func (s signer) signClaims(t testing.TB, payload string) string {
	t.Helper()
	header := map[jose.HeaderKey]any{}
	if s.kid != "" {
		header["kid"] = s.kid
	}
	return jws(t, jose.ES256, s.private, header, payload)
}

func claims(iat time.Time, body string) string {
	sum := sha256.Sum256([]byte(body))
	return fmt.Sprintf(`{"iat":%d,"request_body_sha256":%q}`, iat.Unix(), hex.EncodeToString(sum[:]))
}

func jws(t testing.TB, alg jose.SignatureAlgorithm, key any, header map[jose.HeaderKey]any, payload string) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, &jose.SignerOptions{ExtraHeaders: header})
	require.NoError(t, err)
	signed, err := s.Sign([]byte(payload))
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

// rawToken returns a token with any header, also one that a library would not sign.
func rawToken(t testing.TB, header map[string]any, payload string, signature []byte) string {
	t.Helper()
	h, err := json.Marshal(header)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	return encode(h) + "." + encode([]byte(payload)) + "." + encode(signature)
}

// source is Plaid's key endpoint. It counts its calls, and a test can make it fail or hold it.
type source struct {
	mu    sync.Mutex
	keys  map[string]webhook.Key
	err   error
	asked []string
	// entered, when set, gets a value as each question arrives, which then waits for release.
	entered chan string
	release chan struct{}
}

func newSource(keys map[string]webhook.Key) *source { return &source{keys: keys} }

func (s *source) WebhookKey(ctx context.Context, kid string) (webhook.Key, error) {
	s.mu.Lock()
	s.asked = append(s.asked, kid)
	s.mu.Unlock()
	if s.entered != nil {
		s.entered <- kid
		select {
		case <-s.release:
		case <-ctx.Done():
			return webhook.Key{}, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return webhook.Key{}, s.err
	}
	key, ok := s.keys[kid]
	if !ok {
		return webhook.Key{}, fmt.Errorf("plaid: INVALID_WEBHOOK_VERIFICATION_KEY_ID: %w", webhook.ErrUnknownKey)
	}
	return key, nil
}

func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *source) put(kid string, key webhook.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[kid] = key
}

func (s *source) remove(kid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, kid)
}

func (s *source) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// bundle is a verifier whose source has one live key, Plaid's.
type bundle struct {
	clock    *clock
	plaid    signer
	source   *source
	keys     *webhook.Keys
	verifier *webhook.Verifier
}

func setup(t testing.TB, opts webhook.KeysOptions) bundle {
	t.Helper()
	c := newClock()
	plaid := newSigner(t, kid)
	src := newSource(map[string]webhook.Key{kid: plaid.key(t, "null")})
	opts.Now = c.Now
	keys, err := webhook.NewKeys(src, opts)
	require.NoError(t, err)
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{Now: c.Now})
	require.NoError(t, err)
	return bundle{clock: c, plaid: plaid, source: src, keys: keys, verifier: verifier}
}

// fixedSigner returns a signer with the same key in every run, so that a seed may hold its signature.
func fixedSigner(t testing.TB) signer {
	t.Helper()
	scalar := sha256.Sum256([]byte("signs nothing of worth"))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	require.NoError(t, err)
	return signer{kid: kid, private: private}
}
