package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"relink/internal/devstack/issuer"
	"relink/internal/signin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const audience = "https://relink/api"

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// clock is a time that a test moves by hand.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time          { return start.Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// bundle is an issuer on a server of its own that can be switched off, and a Bearer for it.
type bundle struct {
	clock   *clock
	url     string // the issuer, with a slash at its end
	keyFile string
	down    *atomic.Bool
	fetches *atomic.Int64                 // of the key set
	handler *atomic.Pointer[http.Handler] // the issuer behind the URL
	client  *http.Client
}

func setup(t *testing.T) bundle {
	t.Helper()
	b := bundle{
		clock: &clock{}, keyFile: filepath.Join(t.TempDir(), "issuer.pem"),
		down: new(atomic.Bool), fetches: new(atomic.Int64), handler: new(atomic.Pointer[http.Handler]),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.down.Load() {
			http.Error(w, "out of order", http.StatusBadGateway)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			b.fetches.Add(1)
		}
		(*b.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.url, b.client = server.URL+"/", server.Client()
	b.answerWith(b.issuer(t, nil).Handler())
	return b
}

// issuer returns the bundle's own issuer, with its key, unless change alters it.
func (b bundle) issuer(t *testing.T, change func(*issuer.Options)) *issuer.Issuer {
	t.Helper()
	opts := issuer.Options{
		Issuer: b.url, Audience: audience, KeyFile: b.keyFile, Now: b.clock.Now,
		Clients: []issuer.Client{{ID: "platform", Secret: "s", Scopes: []string{"items:read", "items:write"}}},
	}
	if change != nil {
		change(&opts)
	}
	i, err := issuer.New(opts)
	require.NoError(t, err)
	return i
}

func (b bundle) answerWith(h http.Handler) { b.handler.Store(&h) }

func (b bundle) token(t *testing.T, scopes []string, change func(*issuer.Options)) string {
	t.Helper()
	token, err := b.issuer(t, change).Issue("platform", scopes, time.Hour)
	require.NoError(t, err)
	return token
}

func (b bundle) bearer(t *testing.T) *signin.Bearer {
	t.Helper()
	bearer, err := signin.NewBearer(t.Context(), b.url, audience, signin.Options{Client: b.client, Now: b.clock.Now})
	require.NoError(t, err)
	return bearer
}

// privateKey returns the issuer's key, for tokens that it would not sign.
func (b bundle) privateKey(t *testing.T) jose.JSONWebKey {
	t.Helper()
	content, err := os.ReadFile(b.keyFile)
	require.NoError(t, err)
	block, _ := pem.Decode(content)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: private, KeyID: b.kid(t)}
}

func (b bundle) kid(t *testing.T) string {
	t.Helper()
	signed, err := jose.ParseSignedCompact(b.token(t, nil, nil), []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(t, err)
	return signed.Signatures[0].Protected.KeyID
}

func request(t *testing.T, authorization ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/items", nil)
	for _, value := range authorization {
		r.Header.Add("Authorization", value)
	}
	return r
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, payload map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key},
		&jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": kid}})
	require.NoError(t, err)
	content, err := json.Marshal(payload)
	require.NoError(t, err)
	signed, err := signer.Sign(content)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

func (b bundle) payload(changes map[string]any) map[string]any {
	payload := map[string]any{
		"iss": b.url, "aud": audience, "sub": "someone", "scope": "items:read",
		"iat": start.Unix(), "exp": start.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		if value == nil {
			delete(payload, name)
		} else {
			payload[name] = value
		}
	}
	return payload
}

func TestBearer_validTokenGivesItsCallerAndScopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(t, []string{"items:read"}, nil)
	for _, authorization := range []string{"Bearer " + token, "bearer  " + token} {
		caller, err := b.bearer(t).Authenticate(request(t, authorization))
		require.NoError(t, err)
		require.Equal(t, signin.Caller{Subject: "platform", Scopes: []string{"items:read"}}, caller)
	}
}

func TestCallerRequire_missingScopeIsForbidden(t *testing.T) {
	t.Parallel()
	b := setup(t)
	caller, err := b.bearer(t).Authenticate(request(t, "Bearer "+b.token(t, []string{"items:read"}, nil)))
	require.NoError(t, err)
	require.True(t, caller.Has("items:read"))
	require.False(t, caller.Has("items:write"))
	require.False(t, caller.Has("items"))
	require.NoError(t, caller.Require("items:read"))
	err = caller.Require("items:write")
	require.ErrorIs(t, err, signin.ErrForbidden)
	require.NotErrorIs(t, err, signin.ErrUnauthenticated)
	require.Equal(t, `Bearer error="insufficient_scope", scope="items:write"`, signin.Challenge(err))
	require.False(t, signin.Caller{}.Has(""))
}

func TestChallenge_ofARequestWithoutATokenSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := b.bearer(t)
	for _, r := range []*http.Request{
		request(t), request(t, ""), request(t, "Bearer"), request(t, "Bearer  "),
		request(t, "Basic cGxhdGZvcm06cw=="), request(t, "token"),
	} {
		_, err := bearer.Authenticate(r)
		require.ErrorIs(t, err, signin.ErrUnauthenticated)
		require.ErrorIs(t, err, signin.ErrNoToken)
		require.Equal(t, "Bearer", signin.Challenge(err))
	}
}

func TestBearer_refusesEachInvalidToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := b.bearer(t)
	good := b.token(t, nil, nil)
	private := b.privateKey(t)
	public := private.Public()
	publicDER, err := x509.MarshalPKIXPublicKey(public.Key)
	require.NoError(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	kid := private.KeyID
	parts := strings.Split(good, ".")
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + kid + `"}`))
	rs256 := func(changes map[string]any) string { return sign(t, jose.RS256, private.Key, kid, b.payload(changes)) }

	_, err = bearer.Authenticate(request(t, "Bearer "+rs256(nil)))
	require.NoError(t, err, "what the cases below change is otherwise good")

	for name, token := range map[string]string{
		"wrong audience":             b.token(t, nil, func(o *issuer.Options) { o.Audience = "https://elsewhere" }),
		"expired":                    b.token(t, nil, func(o *issuer.Options) { o.Now = func() time.Time { return start.Add(-2 * time.Hour) } }),
		"another issuer's key":       b.token(t, nil, func(o *issuer.Options) { o.KeyFile = "" }),
		"another issuer, same key":   b.token(t, nil, func(o *issuer.Options) { o.Issuer = "https://elsewhere/" }),
		"issuer without its slash":   b.token(t, nil, func(o *issuer.Options) { o.Issuer = strings.TrimSuffix(o.Issuer, "/") }),
		"another key, same kid":      sign(t, jose.ES256, stranger, kid, b.payload(nil)),
		"alg none":                   none + "." + parts[1] + ".",
		"HS256, public key as PEM":   sign(t, jose.HS256, publicPEM, kid, b.payload(nil)),
		"HS256, public key as DER":   sign(t, jose.HS256, publicDER, kid, b.payload(nil)),
		"RS512 with the right key":   sign(t, jose.RS512, private.Key, kid, b.payload(nil)),
		"PS256 with the right key":   sign(t, jose.PS256, private.Key, kid, b.payload(nil)),
		"claims of another token":    parts[0] + "." + strings.Split(rs256(map[string]any{"scope": "everything"}), ".")[1] + "." + parts[2],
		"no exp":                     rs256(map[string]any{"exp": nil}),
		"expired beyond the skew":    rs256(map[string]any{"exp": start.Add(-30 * time.Second).Unix()}),
		"not valid yet":              rs256(map[string]any{"nbf": start.Add(31 * time.Second).Unix()}),
		"no sub":                     rs256(map[string]any{"sub": nil}),
		"no audience":                rs256(map[string]any{"aud": nil}),
		"no issuer":                  rs256(map[string]any{"iss": nil}),
		"scope of another kind":      rs256(map[string]any{"scope": 7}),
		"claims are no object":       parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte("[]")) + "." + parts[2],
		"not a token":                "hello",
		"JSON serialization":         `{"payload":"e30"}`,
		"longer than any real token": strings.Repeat("a", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, err := bearer.Authenticate(request(t, "Bearer "+token))
			require.ErrorIs(t, err, signin.ErrUnauthenticated)
			require.NotErrorIs(t, err, signin.ErrUnavailable)
			require.NotErrorIs(t, err, signin.ErrNoToken)
			require.Zero(t, caller)
			require.Equal(t, `Bearer error="invalid_token"`, signin.Challenge(err))
			require.NotContains(t, err.Error(), token, "no token in an error's text")
		})
	}
	_, err = bearer.Authenticate(request(t, "Bearer "+good, "Bearer "+good))
	require.ErrorIs(t, err, signin.ErrUnauthenticated, "of two headers, a proxy in front may have looked at the other")
}

func TestBearer_allowsClocksToDifferALittle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer, private := b.bearer(t), b.privateKey(t)
	for _, changes := range []map[string]any{
		{"exp": start.Add(-29 * time.Second).Unix()},
		{"nbf": start.Add(30 * time.Second).Unix()},
		{"iat": start.Add(30 * time.Second).Unix()},
	} {
		_, err := bearer.Authenticate(request(t, "Bearer "+sign(t, jose.RS256, private.Key, private.KeyID, b.payload(changes))))
		require.NoError(t, err, "%v", changes)
	}
}

func TestBearer_oneOfSeveralAudiencesIsEnough(t *testing.T) {
	t.Parallel()
	b := setup(t)
	private := b.privateKey(t)
	token := sign(t, jose.RS256, private.Key, private.KeyID, b.payload(map[string]any{"aud": []string{"https://other", audience}}))
	_, err := b.bearer(t).Authenticate(request(t, "Bearer "+token))
	require.NoError(t, err)
}

func TestBearer_acceptsES256AndSkipsUnknownKindsOfKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	public, err := jose.JSONWebKey{Key: &private.PublicKey, KeyID: "ec", Algorithm: "ES256", Use: "sig"}.MarshalJSON()
	require.NoError(t, err)
	sealing, err := jose.JSONWebKey{Key: &private.PublicKey, KeyID: "sealing", Use: "enc"}.MarshalJSON()
	require.NoError(t, err)
	usual := *b.handler.Load()
	b.answerWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			_, _ = w.Write([]byte(`{"keys":[{"kty":"XYZ","kid":"new"},{"kty":"oct","k":"c2VjcmV0","kid":"oct"},` + string(sealing) + `,` +
				string(public) + `]}`))
			return
		}
		usual.ServeHTTP(w, r)
	}))
	bearer := b.bearer(t)
	_, err = bearer.Authenticate(request(t, "Bearer "+sign(t, jose.ES256, private, "ec", b.payload(nil))))
	require.NoError(t, err)
	_, err = bearer.Authenticate(request(t, "Bearer "+sign(t, jose.ES256, private, "sealing", b.payload(nil))))
	require.ErrorIs(t, err, signin.ErrUnauthenticated)
	_, err = bearer.Authenticate(request(t, "Bearer "+sign(t, jose.HS256, []byte("secret, and long enough for HS256"), "oct", b.payload(nil))))
	require.ErrorIs(t, err, signin.ErrUnauthenticated)
}

func TestBearer_burstCostsOneFetch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.down.Store(true)
	bearer := b.bearer(t)
	b.down.Store(false)
	b.clock.Advance(5 * time.Second)
	token := b.token(t, nil, nil)
	errs := make([]error, 50)
	var group sync.WaitGroup
	for n := range errs {
		group.Go(func() { _, errs[n] = bearer.Authenticate(request(t, "Bearer "+token)) })
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, b.fetches.Load())
}
