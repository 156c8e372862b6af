package plaid_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/plaid"
)

func TestNew_namesAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := plaid.New(plaid.Options{Environment: "development", ClientName: strings.Repeat("n", 31)}, nil)
	for _, part := range []string{"environment", "vault", "client id", "secret", "client name"} {
		require.ErrorContains(t, err, part)
	}
	opts := options("ftp://plaid.example")
	_, err = plaid.New(opts, shelf{})
	require.ErrorContains(t, err, "base URL")

	opts = options("")
	opts.ClientName = strings.Repeat("ü", 30) // characters, not bytes
	_, err = plaid.New(opts, shelf{})
	require.NoError(t, err)

	opts.Secrets = func() []string { return []string{"one", ""} }
	_, err = plaid.New(opts, shelf{})
	require.ErrorContains(t, err, "secret")
}

func TestCall_eachCredentialIsSentOnceAsAHeader(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK, healthy)})
	_, err := clientOf(t, options(f.URL+"/")).Status(t.Context(), sealed(t), false)
	require.NoError(t, err)
	header := f.requests()[0].Header
	require.Equal(t, []string{"client"}, header.Values("Plaid-Client-Id"))
	require.Equal(t, []string{"secret"}, header.Values("Plaid-Secret"))
	require.Equal(t, []string{"2020-09-14"}, header.Values("Plaid-Version"))
	require.NotContains(t, f.requests()[0].Body, "secret")
}

// takes responds with a healthy Item to one secret and refuses all others.
func takes(secret func() string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Plaid-Secret") != secret() {
			refuse("INVALID_INPUT", "INVALID_API_KEYS")(w, r)
			return
		}
		responds(http.StatusOK, healthy)(w, r)
	}
}

func (f *fake) secrets() []string {
	var secrets []string
	for _, a := range f.requests() {
		secrets = append(secrets, a.Header.Get("Plaid-Secret"))
	}
	return secrets
}

func TestCall_whileRotatingTheOtherSecretIsTriedOnceAndRemembered(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	valid := "new"
	f := serve(t, map[string]http.HandlerFunc{"/item/get": takes(func() string {
		mu.Lock()
		defer mu.Unlock()
		return valid
	})})
	opts := options(f.URL)
	opts.Secrets = func() []string { return []string{"old", "new"} }
	c := clientOf(t, opts)
	for range 2 {
		_, err := c.Status(t.Context(), sealed(t), false)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"old", "new", "new"}, f.secrets())

	mu.Lock()
	valid = "old" // the rotation was taken back
	mu.Unlock()
	_, err := c.Status(t.Context(), sealed(t), false)
	require.NoError(t, err)
	require.Equal(t, []string{"old", "new", "new", "new", "old"}, f.secrets())

	mu.Lock()
	valid = "a third one"
	mu.Unlock()
	_, err = c.Status(t.Context(), sealed(t), false)
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "INVALID_API_KEYS", e.Code)
	require.Len(t, f.secrets(), 7, "each secret is tried once")
}

func TestCall_aSecretThatPlaidTakesIsRememberedThoughTheRequestIsRefused(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Plaid-Secret") != "new" {
			refuse("INVALID_INPUT", "INVALID_API_KEYS")(w, r)
			return
		}
		refuse("ITEM_ERROR", "ITEM_NOT_FOUND")(w, r)
	}})
	opts := options(f.URL)
	opts.Secrets = func() []string { return []string{"old", "new"} }
	c := clientOf(t, opts)
	for range 2 {
		status, err := c.Status(t.Context(), sealed(t), false)
		require.NoError(t, err)
		require.True(t, status.Gone)
	}
	require.Equal(t, []string{"old", "new", "new"}, f.secrets())
}

func TestCall_aSecretReplacedWhileRunningIsUsedAtOnce(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK, healthy)})
	current := []string{"first"}
	opts := options(f.URL)
	opts.Secrets = func() []string { return current }
	c := clientOf(t, opts)
	_, err := c.Status(t.Context(), sealed(t), false)
	require.NoError(t, err)
	current = []string{"second"}
	_, err = c.Status(t.Context(), sealed(t), false)
	require.NoError(t, err)
	require.Equal(t, []string{"first", "second"}, f.secrets())

	current = nil
	_, err = c.Status(t.Context(), sealed(t), false)
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.OurFault())
	require.False(t, e.Final())
	require.EqualError(t, err, "get item: plaid: INVALID_API_KEYS: no secret is configured")
}
