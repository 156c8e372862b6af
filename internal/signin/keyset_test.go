package signin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/issuer"
	"relink/internal/signin"
)

func TestKeySet_isUnavailableUntilTheIssuerResponds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.down.Store(true)
	bearer := b.bearer(t) // starts all the same
	token := b.token(t, nil, nil)
	_, err := bearer.Authenticate(request(t, "Bearer "+token))
	require.ErrorIs(t, err, signin.ErrUnavailable)
	require.NotErrorIs(t, err, signin.ErrUnauthenticated)
	require.Empty(t, signin.Challenge(err))

	_, err = bearer.Authenticate(request(t, "Bearer hello"))
	require.ErrorIs(t, err, signin.ErrUnauthenticated, "what is no token needs no issuer to say so")

	b.down.Store(false)
	_, err = bearer.Authenticate(request(t, "Bearer "+token))
	require.ErrorIs(t, err, signin.ErrUnavailable, "no new attempt within the pause")
	b.clock.Advance(5 * time.Second)
	_, err = bearer.Authenticate(request(t, "Bearer "+token))
	require.NoError(t, err)
}

func TestKeySet_isUnavailableWithoutAnIssuer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	bearer, err := signin.NewBearer(t.Context(), gone.URL, audience, signin.Options{Now: b.clock.Now})
	require.NoError(t, err)
	_, err = bearer.Authenticate(request(t, "Bearer "+b.token(t, nil, nil)))
	require.ErrorIs(t, err, signin.ErrUnavailable)
}

func TestKeySet_isUnavailableWithABrokenIssuer(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"keys are HTML":  "<html>",
		"no keys":        `{"keys":[]}`,
		"only odd kinds": `{"keys":[{"kty":"XYZ"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			usual := *b.handler.Load()
			b.answerWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/jwks.json") {
					_, _ = w.Write([]byte(broken))
					return
				}
				usual.ServeHTTP(w, r)
			}))
			_, err := b.bearer(t).Authenticate(request(t, "Bearer "+b.token(t, nil, nil)))
			require.ErrorIs(t, err, signin.ErrUnavailable)
		})
	}
}

func TestKeySet_servesWhileTheIssuerIsDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := b.bearer(t)
	b.down.Store(true)
	b.clock.Advance(30 * time.Minute) // past the keys' age
	_, err := bearer.Authenticate(request(t, "Bearer "+b.token(t, nil, nil)))
	require.NoError(t, err)
	other := b.token(t, nil, func(o *issuer.Options) { o.KeyFile = "" })
	_, err = bearer.Authenticate(request(t, "Bearer "+other))
	require.ErrorIs(t, err, signin.ErrUnavailable, "a kid never seen may be a new key")
}

func TestKeySet_followsARotation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := b.bearer(t)
	old := b.token(t, nil, nil)
	next := b.issuer(t, func(o *issuer.Options) { o.KeyFile = "" })
	b.answerWith(next.Handler()) // the old key is withdrawn at once
	b.clock.Advance(5 * time.Second)
	token, err := next.Issue("platform", nil, time.Hour)
	require.NoError(t, err)
	_, err = bearer.Authenticate(request(t, "Bearer "+token))
	require.NoError(t, err, "an unknown kid has the keys fetched again")
	_, err = bearer.Authenticate(request(t, "Bearer "+old))
	require.ErrorIs(t, err, signin.ErrUnauthenticated)
}

func TestKeySet_noticesAWithdrawnKeyWithoutANewOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := b.bearer(t)
	old := b.token(t, nil, nil)
	b.answerWith(b.issuer(t, func(o *issuer.Options) { o.KeyFile = "" }).Handler())
	_, err := bearer.Authenticate(request(t, "Bearer "+old))
	require.NoError(t, err)
	b.clock.Advance(15 * time.Minute)
	_, err = bearer.Authenticate(request(t, "Bearer "+old))
	require.ErrorIs(t, err, signin.ErrUnauthenticated)
}

func TestKeySet_junkKidsDoNotFloodTheIssuer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := b.bearer(t)
	require.EqualValues(t, 1, b.fetches.Load())
	junk := b.token(t, nil, func(o *issuer.Options) { o.KeyFile = "" })
	for range 100 {
		b.clock.Advance(100 * time.Millisecond)
		_, err := bearer.Authenticate(request(t, "Bearer "+junk))
		require.ErrorIs(t, err, signin.ErrUnauthenticated)
	}
	require.EqualValues(t, 3, b.fetches.Load(), "in 10 s, one per pause of 5 s")
}

func TestKeySet_callerThatGivesUpFailsNobodyElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.down.Store(true)
	bearer := b.bearer(t)
	b.down.Store(false)
	b.clock.Advance(5 * time.Second)
	usual := *b.handler.Load()
	entered, release := make(chan struct{}, 10), make(chan struct{})
	b.answerWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-release
		usual.ServeHTTP(w, r)
	}))
	authenticate := func(ctx context.Context) chan error {
		r := request(t, "Bearer "+b.token(t, nil, nil)).WithContext(ctx)
		result := make(chan error, 1)
		go func() {
			_, err := bearer.Authenticate(r)
			result <- err
		}()
		return result
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := authenticate(ctx)
	<-entered
	second := authenticate(t.Context())
	cancel()
	require.ErrorIs(t, <-first, signin.ErrUnavailable)
	close(release)
	require.NoError(t, <-second)
	require.EqualValues(t, 1, b.fetches.Load())
}

func TestNewBearer_refusesAnIssuerOfAnotherName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := signin.NewBearer(t.Context(), strings.TrimSuffix(b.url, "/"), audience, signin.Options{Client: b.client})
	require.ErrorContains(t, err, "did not match", "a slash too few, and no token would ever be valid")
}

func TestNewBearer_refusesWrongWiring(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		issuer, audience string
		opts             signin.Options
	}{
		"no issuer":         {"", audience, signin.Options{}},
		"issuer is no URL":  {"auth0", audience, signin.Options{}},
		"no audience":       {"https://issuer.example.com/", "", signin.Options{}},
		"negative duration": {"https://issuer.example.com/", audience, signin.Options{Skew: -1}},
	} {
		_, err := signin.NewBearer(t.Context(), tc.issuer, tc.audience, tc.opts)
		require.Error(t, err, name)
	}
}
