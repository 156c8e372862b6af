package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

// answer is an HTTP response with its body.
type answer struct {
	status int
	header http.Header // without Date
	body   string
}

func (a answer) decoded(t *testing.T, out any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.body), out), a.body)
}

// ask sends a request with headers given as "Name: value". It returns the response with any status.
func ask(t *testing.T, ctx context.Context, browser *http.Client, method, url, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Request-Id", "5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f") // the same each time, so that responses can be compared
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := browser.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	res.Header.Del("Date")
	return answer{status: res.StatusCode, header: res.Header, body: string(text)}
}

// askAsPage sends JSON, as the merchant's page does.
func askAsPage(t *testing.T, ctx context.Context, browser *http.Client, url string, in map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	return ask(t, ctx, browser, http.MethodPost, url, string(body), "Content-Type: application/json")
}

// askAsPlatform sends JSON to /v1 with the platform's token.
func (s *stack) askAsPlatform(t *testing.T, ctx context.Context, method, path string, in map[string]any, headers ...string) answer {
	t.Helper()
	var body []byte
	if in != nil {
		var err error
		body, err = json.Marshal(in)
		require.NoError(t, err)
		headers = append(headers, "Content-Type: application/json")
	}
	return ask(t, ctx, http.DefaultClient, method, s.API+"/v1/"+path, string(body), append(headers, "Authorization: Bearer "+s.Bearer)...)
}

// browser returns a client that keeps cookies.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

// looking reads a page by GET and HEAD, each twice.
func looking(t *testing.T, ctx context.Context, browser *http.Client, url string) answer {
	t.Helper()
	var seen answer
	for range 2 {
		head := ask(t, ctx, browser, http.MethodHead, url, "")
		seen = ask(t, ctx, browser, http.MethodGet, url, "")
		require.Equal(t, seen.status, head.status)
	}
	return seen
}

// settled waits until an Item has no work left, and returns the text of all tables.
func (s *stack) settled(t *testing.T, ctx context.Context, it blackbox.Item) string {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "the inbox to be empty", func(ctx context.Context) (bool, error) {
		return s.counted(t, ctx, `SELECT count(*) FROM inbox WHERE state = 'pending'`) == 0, nil
	}))
	s.resting(t, ctx, it)
	var all strings.Builder
	for _, table := range s.tables(t, ctx) {
		all.WriteString(table.name + "\n" + string(table.text) + "\n")
	}
	return all.String()
}

// mailed returns how many mails have come for an address.
func (s *stack) mailed(t *testing.T, ctx context.Context, address string) int {
	t.Helper()
	mails, err := s.Mails(ctx, address)
	require.NoError(t, err)
	return len(mails)
}
