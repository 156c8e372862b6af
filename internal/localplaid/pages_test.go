package localplaid_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/localplaid"
)

func fetch(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestLinkScript_definesPlaidAndKnowsItsFrame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	resp, script := fetch(t, b.url+"/link/v2/stable/link-initialize.js")
	require.Equal(t, 200, resp.StatusCode)
	require.Contains(t, resp.Header.Get("Content-Type"), "javascript")
	require.Contains(t, script, "window.Plaid =")
	require.Contains(t, script, `var BASE_URL = "`+b.url+`"`)
	require.NotContains(t, script, "{{")
	for _, name := range []string{"onSuccess", "onExit", "onEvent", "onLoad", "open:", "exit:", "destroy:", "submit:"} {
		require.Contains(t, script, name)
	}
	require.Contains(t, script, "event.origin !== FRAME_ORIGIN || event.source !== frame.contentWindow")
}

func TestLinkScript_prefersThePublicURL(t *testing.T) {
	t.Parallel()
	server, err := localplaid.New(localplaid.Options{PublicURL: "https://plaid.example/"})
	require.NoError(t, err)
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	_, script := fetch(t, web.URL+"/link/v2/stable/link-initialize.js")
	require.Contains(t, script, `var BASE_URL = "https://plaid.example"`)
}

func TestLinkPage_isHonestAndLabelled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	resp, page := fetch(t, b.url+"/link/session?token=link-sandbox-x&origin=http://localhost")
	require.Equal(t, 200, resp.StatusCode)
	require.Contains(t, page, "local Plaid")
	require.Contains(t, page, "No real bank is contacted")
	for _, field := range []string{"username", "password", "otp"} {
		require.Contains(t, page, `<label for="`+field+`">`)
		require.Contains(t, page, `id="`+field+`"`)
	}
	require.Contains(t, page, `aria-label="Close Link"`)
	require.Contains(t, page, `role="alert"`)
	require.NotContains(t, page, "link-sandbox-x", "the page must not repeat the token")
	require.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "script-src 'self'")
	for _, asset := range []string{"/link/session.js", "/link/session.css"} {
		require.Contains(t, page, asset)
		got, body := fetch(t, b.url+asset)
		require.Equal(t, 200, got.StatusCode)
		require.NotEmpty(t, strings.TrimSpace(body))
	}
}
