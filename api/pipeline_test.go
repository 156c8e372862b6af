package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/web"
)

func TestPipeline_boundsEveryBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := make(chan int, 1)
	for _, tc := range []struct {
		access web.Access
		most   int
	}{{web.PlaidSigned, 256 << 10}, {web.DeepLink, 64 << 10}, {web.Anyone, 64 << 10}, {"scope items:write", 64 << 10}} {
		h := w.ServeOne(web.Route{
			Pattern: "POST /{environment}/{token}", Access: tc.access,
			Handle: func(_ http.ResponseWriter, r *http.Request) error {
				body, err := io.ReadAll(r.Body)
				read <- len(body)
				return err
			},
		})
		for size, want := range map[int]int{tc.most: http.StatusOK, tc.most + 1: http.StatusRequestEntityTooLarge} {
			body := strings.Repeat(" ", size)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sandbox/"+w.deepLink, strings.NewReader(body))
			r.Header.Set("Plaid-Verification", w.signed(t, body))
			r.Header.Set("Authorization", "Bearer "+issued(t, w.issuer, "platform"))
			response := httptest.NewRecorder()
			h.ServeHTTP(response, r)
			require.Equal(t, want, response.Code, "%s, %d bytes", tc.access, size)
			require.Equal(t, tc.most, <-read, "no more than that is read")
		}
	}
}

func TestRequestID_isTheCallersIfItIsWellFormed(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	for sent, taken := range map[string]bool{
		"0af7651916cd43dd8448eb211c80319c":     true,
		"9c3a8f6e-1f0a-4f0e-9a54-7a1f0c3e5b7d": true,
		"":                                     false,
		"short":                                false,
		"access-sandbox-5a1f0c3e-plain":        false,
		strings.Repeat("a", 37):                false,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.at+"/v1/nothing", nil)
		require.NoError(t, err)
		req.Header.Set("X-Request-Id", sent)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		id := res.Header.Get("X-Request-Id")
		require.Equal(t, taken, id == sent, sent)
		require.Regexp(t, `^[0-9A-Fa-f-]{16,36}$`, id)
		require.Contains(t, string(body), `"request_id":"`+id+`"`)
		lines := d.log.FilterMessage("request answered").All()
		require.Equal(t, id, lines[len(lines)-1].ContextMap()["request_id"], "the log has the same")
	}
}

func TestPipeline_respondsToAPanicInTheFormOfTheRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var patterns []string
	h := w.ServeEach(func(r *web.Route) {
		patterns = append(patterns, r.Pattern)
		r.Access, r.Handle = web.Anyone, func(http.ResponseWriter, *http.Request) error { panic("index out of range") }
	})
	placeholder, forms := regexp.MustCompile(`\{[a-z]+\}`), map[string]int{}
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(placeholder.ReplaceAllString(pattern, "x"), " ")
		response := httptest.NewRecorder()
		h.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		require.Equal(t, http.StatusInternalServerError, response.Code, pattern)
		require.NotContains(t, response.Body.String(), "index out of range", pattern)
		form, _, _ := strings.Cut(response.Header().Get("Content-Type"), ";")
		forms[form]++
		if strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/webhooks/") {
			require.Equal(t, "application/problem+json", form, pattern)
		}
		if form == "application/problem+json" {
			var problem map[string]any
			require.NoError(t, json.Unmarshal(response.Body.Bytes(), &problem), pattern)
			require.Equal(t, "urn:relink:problem:failed", problem["type"], pattern)
			require.Equal(t, response.Header().Get("X-Request-Id"), problem["request_id"], pattern)
		}
	}
	require.Greater(t, forms["text/html"], 3, "people get pages")
}
