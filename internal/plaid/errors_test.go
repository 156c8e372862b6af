package plaid_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/plaid"
)

// failure asks for a status that Plaid refuses, and returns the error.
func failure(t *testing.T, opts plaid.Options) (*plaid.Error, error) {
	t.Helper()
	_, err := clientOf(t, opts).Status(t.Context(), sealed(t), true)
	require.Error(t, err)
	var e *plaid.Error
	require.ErrorAs(t, fmt.Errorf("wrapped twice: %w", fmt.Errorf("more: %w", err)), &e)
	require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), theToken, "the error gives the token away")
	return e, err
}

func TestError_everyRefusalIsSortedByItsCode(t *testing.T) {
	t.Parallel()
	cases := []struct {
		kind, code         string
		status             int
		throttled          bool
		ourFault, finished bool
	}{
		{"INVALID_INPUT", "INVALID_API_KEYS", 400, false, true, false},
		{"INVALID_INPUT", "UNAUTHORIZED_ENVIRONMENT", 400, false, true, false},
		{"INVALID_REQUEST", "MISSING_FIELDS", 400, false, true, true},
		{"INVALID_INPUT", "INVALID_ACCOUNT_ID", 400, false, false, true},
		{"RATE_LIMIT_EXCEEDED", "ITEM_GET_LIMIT", 429, true, false, false},
		{"RATE_LIMIT_EXCEEDED", "INSTITUTION_RATE_LIMIT", 400, true, false, false},
		{"API_ERROR", "INTERNAL_SERVER_ERROR", 500, false, false, false},
		{"API_ERROR", "PLANNED_MAINTENANCE", 503, false, false, false},
		{"ITEM_ERROR", "ITEM_LOGIN_REQUIRED", 500, false, false, false},
		{"NEW_TYPE", "NEW_CODE", 400, false, false, false},
	}
	for _, tc := range cases {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(`{"error_type":%q,"error_code":%q,"error_message":%q,"display_message":null,"request_id":"req1"}`,
				tc.kind, tc.code, theToken)
			f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(tc.status, body)})
			e, err := failure(t, options(f.URL))
			require.Equal(t, tc.kind, e.Type)
			require.Equal(t, tc.code, e.Code)
			require.Equal(t, tc.status, e.Status)
			require.Equal(t, "req1", e.RequestID)
			_, throttled := e.Throttled()
			require.Equal(t, tc.throttled, throttled, "throttled")
			require.Equal(t, tc.ourFault, e.OurFault(), "our fault")
			require.Equal(t, tc.finished, e.Final(), "final")
			require.EqualError(t, err, fmt.Sprintf("get item: plaid: %s (status %d, request req1)", tc.code, tc.status))
		})
	}
}

func TestFinal_codesThatNoRetryAndNoPersonOfOursHelps(t *testing.T) {
	t.Parallel()
	for kind, code := range map[string]string{
		"ITEM_ERROR": "ITEM_LOGIN_REQUIRED", "INVALID_INPUT": "USER_PERMISSION_REVOKED", "INSTITUTION_ERROR": "INSTITUTION_NO_LONGER_SUPPORTED",
	} {
		f := serve(t, map[string]http.HandlerFunc{"/link/token/create": refuse(kind, code)})
		_, err := clientOf(t, options(f.URL)).UpdateLinkToken(t.Context(), updateLink(t))
		var e *plaid.Error
		require.ErrorAs(t, err, &e)
		require.True(t, e.Final(), code)
	}
	f := serve(t, map[string]http.HandlerFunc{"/link/token/create": refuse("INSTITUTION_ERROR", "INSTITUTION_DOWN")})
	_, err := clientOf(t, options(f.URL)).UpdateLinkToken(t.Context(), updateLink(t))
	var e *plaid.Error
	require.ErrorAs(t, err, &e)
	require.False(t, e.Final(), "a bank that is down comes back")
}

func TestThrottled_retryAfterIsReadInBothFormsAndBounded(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ least, most time.Duration }{
		"7": {7 * time.Second, 7 * time.Second},
		time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat): {20 * time.Second, 30 * time.Second},
		"":        {0, 0},
		"soon":    {0, 0},
		"-5":      {0, 0},
		"9999999": {time.Hour, time.Hour},
	}
	for header, want := range cases {
		f := serve(t, map[string]http.HandlerFunc{"/item/get": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			responds(http.StatusTooManyRequests, `{"error_type":"RATE_LIMIT_EXCEEDED","error_code":"ITEM_GET_LIMIT"}`)(w, r)
		}})
		e, err := failure(t, options(f.URL))
		wait, throttled := e.Throttled()
		require.True(t, throttled)
		require.GreaterOrEqual(t, wait, want.least, header)
		require.LessOrEqual(t, wait, want.most, header)
		require.EqualError(t, err, "get item: plaid: ITEM_GET_LIMIT (status 429)")
	}
}

func TestError_foreignResponsesAreRetriedAndNotQuoted(t *testing.T) {
	t.Parallel()
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = fmt.Fprintf(w, "<html>bad gateway for %s</html>", theToken)
	}
	brokenOff := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "500")
		_, _ = fmt.Fprintf(w, `{"item":{"item_id":%q`, theToken)
	}
	cases := map[string]struct {
		handler http.HandlerFunc
		text    string
	}{
		"an HTML page": {html, "get item: plaid: unreadable response (status 502)"},
		"half a JSON text": {
			responds(http.StatusOK, `{"item":{"access_token":"`+theToken),
			"get item: plaid: unreadable response (status 200)",
		},
		"a broken connection": {brokenOff, "get item: plaid: response broke off (status 200): unexpected EOF"},
		"an empty refusal":    {responds(http.StatusServiceUnavailable, ""), "get item: plaid: unreadable response (status 503)"},
		"a token for a code": {
			responds(http.StatusBadRequest, `{"error_type":"ITEM_ERROR","error_code":"`+theToken+`","request_id":"`+theToken+`"}`),
			"get item: plaid: unreadable response (status 400)",
		},
		"a code without end": {
			responds(http.StatusBadRequest, `{"error_code":"`+strings.Repeat("A", 65)+`"}`), "get item: plaid: unreadable response (status 400)",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, map[string]http.HandlerFunc{"/item/get": tc.handler})
			e, err := failure(t, options(f.URL))
			require.EqualError(t, err, tc.text)
			require.False(t, e.Final())
			require.False(t, e.OurFault())
		})
	}
}

func TestError_isReadUnderAnyContentType(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprint(w, `{"error_type":"API_ERROR","error_code":"INTERNAL_SERVER_ERROR"}`)
	}})
	e, _ := failure(t, options(f.URL))
	require.Equal(t, "INTERNAL_SERVER_ERROR", e.Code)
}

func TestError_withoutAResponseHasNoStatus(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	e, err := failure(t, options(server.URL))
	require.Zero(t, e.Status)
	require.False(t, e.Final())
	require.ErrorContains(t, err, "get item: plaid: no response: dial tcp")
}

func TestCall_aSilentPlaidIsGivenUp(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	f := serve(t, map[string]http.HandlerFunc{"/item/get": silent})

	opts := options(f.URL)
	opts.HTTPClient = &http.Client{Timeout: 50 * time.Millisecond}
	_, err := failure(t, opts)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = clientOf(t, options(f.URL)).Status(ctx, sealed(t), true)
	require.ErrorIs(t, err, context.Canceled)
}

func TestCall_aRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK, healthy)})
	f := serve(t, map[string]http.HandlerFunc{"/item/get": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/item/get", http.StatusTemporaryRedirect)
	}})
	e, _ := failure(t, options(f.URL))
	require.Equal(t, http.StatusTemporaryRedirect, e.Status)
	require.Empty(t, elsewhere.requests(), "secret and access token went to a stranger")
}

// deadlines records the time limit of each call.
type deadlines struct{ left []time.Duration }

func (d *deadlines) RoundTrip(r *http.Request) (*http.Response, error) {
	deadline, ok := r.Context().Deadline()
	if !ok {
		return nil, errors.New("a call without a deadline")
	}
	d.left = append(d.left, time.Until(deadline))
	return nil, errors.New("not sent")
}

func TestCall_everyOneEndsWithinItsTime(t *testing.T) {
	t.Parallel()
	var d deadlines
	opts := options("http://127.0.0.1:1")
	opts.HTTPClient = &http.Client{Transport: &d}
	_, err := failure(t, opts)
	require.ErrorContains(t, err, "not sent")
	require.Len(t, d.left, 1)
	require.InDelta(t, 15, d.left[0].Seconds(), 1)
}

// tripper wraps every error of the transport, as instrumentation does.
type tripper struct{ err error }

func (f tripper) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("traced: %w", f.err)
}

func TestError_theCauseIsFoundThroughWrappings(t *testing.T) {
	t.Parallel()
	cause := errors.New("no route to host")
	opts := options("http://127.0.0.1:1")
	opts.HTTPClient = &http.Client{Transport: tripper{cause}}
	_, err := failure(t, opts)
	require.ErrorIs(t, err, cause)
}
