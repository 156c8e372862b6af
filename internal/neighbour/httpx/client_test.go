package httpx_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/neighbour/httpx"
)

func serve(t *testing.T, h http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func post(url string) httpx.Request {
	return httpx.Request{Method: http.MethodPost, URL: url, Header: http.Header{"X-Key": {"k"}}, Body: []byte("body-4711")}
}

func TestDo_returnsThePeersResponse(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("X-Key") != "k" || r.UserAgent() != "relink" {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Header().Set("X-Response", "a")
		_, _ = w.Write(body)
	})
	response, err := httpx.New("peer", httpx.Options{}).Do(t.Context(), post(url))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.Status)
	require.Equal(t, "a", response.Header.Get("X-Response"))
	require.Equal(t, "body-4711", string(response.Body))
}

func TestDo_otherStatusIsAnErrorWithItsResponse(t *testing.T) {
	t.Parallel()
	for status, text := range map[int]string{
		200: "", 204: "", 299: "", 301: "peer: status 301; redirects are not followed", 400: "peer: status 400", 503: "peer: status 503",
	} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				_, _ = io.WriteString(w, `{"policyName":"DAILY"}`)
			}
		})
		response, err := httpx.New("peer", httpx.Options{}).Do(t.Context(), post(url))
		require.Equal(t, status, response.Status)
		if text == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, text)
		var refused *httpx.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, status, refused.Status)
		require.Equal(t, 9*time.Second, refused.RetryAfter)
		require.JSONEq(t, `{"policyName":"DAILY"}`, string(response.Body))
	}
}

func TestDo_followsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the body went to a stranger") })
	for _, status := range []int{301, 302, 303, 307, 308} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) })
		response, err := httpx.New("peer", httpx.Options{}).Do(t.Context(), post(url))
		require.Error(t, err)
		require.Equal(t, status, response.Status)
	}
}

func TestDo_endlessResponseIsCutShort(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	response, err := httpx.New("peer", httpx.Options{}).Do(t.Context(), post(url))
	require.NoError(t, err)
	require.Len(t, response.Body, 64<<10)
}

func TestDo_brokenOffResponseCountsByItsStatus(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, "half")
	})
	response, err := httpx.New("peer", httpx.Options{}).Do(t.Context(), post(url))
	require.NoError(t, err)
	require.Equal(t, "half", string(response.Body))
}

func TestDo_endsWithItsContextAndWithItsTimeout(t *testing.T) {
	t.Parallel()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server notices that its caller left only once it has read the body
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	response, err := httpx.New("peer", httpx.Options{}).Do(ctx, post(url))
	require.Nil(t, response)
	require.ErrorIs(t, err, context.Canceled)

	_, err = httpx.New("peer", httpx.Options{Timeout: 50 * time.Millisecond}).Do(t.Context(), post(url))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "peer: no response: ")
}

func TestDo_noErrorHoldsTheURLOrABody(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := l.Addr().String()
	require.NoError(t, l.Close())
	refuses := strings.TrimPrefix(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "you sent body-4711", http.StatusBadRequest)
	}), "http://")
	client := httpx.New("peer", httpx.Options{})
	for _, url := range []string{
		"http://user:pw-4711@" + closed + "/path-4711?token=query-4711",
		"http://user:pw-4711@" + refuses + "/path-4711?token=query-4711",
		"http://pw-4711@%zz/", "ftp://pw-4711@example.com/",
	} {
		_, err := client.Do(t.Context(), post(url))
		require.Error(t, err)
		require.NotContains(t, err.Error(), "4711")
	}
}

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNew_aroundSeesEachCallAndItsDeadline(t *testing.T) {
	t.Parallel()
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	var left []time.Duration
	client := httpx.New("peer", httpx.Options{Around: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			deadline, _ := r.Context().Deadline()
			left = append(left, time.Until(deadline))
			return next.RoundTrip(r)
		})
	}})
	_, err := client.Do(t.Context(), post(url))
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.InDelta(t, httpx.Timeout.Seconds(), left[0].Seconds(), 1)
}

func TestWithoutRedirects_leavesTheGivenClientAsItIs(t *testing.T) {
	t.Parallel()
	given := &http.Client{Timeout: time.Second}
	got := httpx.WithoutRedirects(given, time.Minute)
	require.Equal(t, time.Second, got.Timeout)
	require.NotNil(t, got.CheckRedirect)
	require.Nil(t, given.CheckRedirect)
	require.Equal(t, time.Minute, httpx.WithoutRedirects(nil, time.Minute).Timeout)
}

func TestWithoutURL_findsTheCauseThroughWrappings(t *testing.T) {
	t.Parallel()
	cause := errors.New("no route to host")
	client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, cause })}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pw@example.com/", http.NoBody)
	require.NoError(t, err)
	_, err = client.Do(request)
	require.Equal(t, cause, httpx.WithoutURL(err))
	require.Equal(t, cause, httpx.WithoutURL(cause))
}
