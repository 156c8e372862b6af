package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/api/web"
)

func TestWebhookLimits_thousandForgeriesCostAFewLookUps(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	stranger := newKey(t)
	var refused, limited int
	for i := range 1000 {
		// Each says that it came from somewhere else; nobody here is a proxy of ours.
		res := d.deliver(t, signedBy(t, stranger, fmt.Sprintf("junk-%d", i), time.Now(), aWebhook), aWebhook,
			fmt.Sprintf("198.51.%d.%d", i/256, i%256))
		switch res.StatusCode {
		case http.StatusUnauthorized:
			refused++
		case http.StatusTooManyRequests:
			require.Equal(t, "300", res.Header.Get("Retry-After"))
			limited++
		}
	}
	require.Equal(t, web.FailuresAtOnce, d.keys.questions())
	require.Equal(t, web.FailuresAtOnce, refused)
	require.Equal(t, 1000, refused+limited)
	require.Empty(t, d.inbox.all())
	require.Equal(t, fmt.Sprint(limited), d.counted(t, `relink_webhooks_total{result="refused_limited"}`))
}

// behindProxy trusts the peer of these tests, so that X-Forwarded-For names the sources.
func behindProxy(_ *api.Deps, o *api.Options) {
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// useUp makes a source fail until it is limited.
func (d *door) useUp(t *testing.T, source string) {
	t.Helper()
	for range web.FailuresAtOnce {
		require.Equal(t, http.StatusUnauthorized, d.deliver(t, "", aWebhook, source).StatusCode)
	}
	require.Equal(t, http.StatusTooManyRequests, d.deliver(t, "", aWebhook, source).StatusCode)
}

func TestWebhookLimits_aLimitedSourceCostsNoLookUpAndIsStillVerified(t *testing.T) {
	t.Parallel()
	const usedUp, other = "203.0.113.9", "203.0.113.10"
	now := time.Now()
	d := newDoor(t, behindProxy)
	d.useUp(t, usedUp)

	require.Equal(t, http.StatusTooManyRequests, d.deliver(t, d.fresh(t, aWebhook), aWebhook, usedUp).StatusCode,
		"no key at hand vouches for it")
	require.Zero(t, d.keys.questions())
	require.Equal(t, http.StatusOK, d.deliver(t, d.fresh(t, aWebhook), aWebhook, other).StatusCode)
	require.Equal(t, 1, d.keys.questions())

	stranger := newKey(t)
	old := `{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_old","environment":"sandbox"}`
	for name, tc := range map[string]struct {
		token, body string
		status      int
		result      string
	}{
		"verified":                       {signedBy(t, d.plaid, "plaid", now.Add(-time.Second), aWebhook), aWebhook, 200, "stored"},
		"verified, but stale":            {signedBy(t, d.plaid, "plaid", now.Add(-time.Hour), old), old, 401, "refused_stale"},
		"verified, with another body":    {signedBy(t, d.plaid, "plaid", now, aWebhook), aWebhook + " ", 401, "refused_body_changed"},
		"verified, issued in future":     {signedBy(t, d.plaid, "plaid", now.Add(time.Hour), aWebhook), aWebhook, 429, "refused_limited"},
		"a stranger's, under Plaid's id": {signedBy(t, stranger, "plaid", now, aWebhook), aWebhook, 429, "refused_limited"},
		"a stranger's, under its own id": {signedBy(t, stranger, "stranger", now, aWebhook), aWebhook, 429, "refused_limited"},
		"without a token":                {"", aWebhook, 429, "refused_limited"},
	} {
		before := d.counted(t, `relink_webhooks_total{result="`+tc.result+`"}`)
		res := d.deliver(t, tc.token, tc.body, usedUp)
		require.Equal(t, tc.status, res.StatusCode, name)
		require.Equal(t, tc.status == 429, res.Header.Get("Retry-After") != "", name)
		require.NotEqual(t, before, d.counted(t, `relink_webhooks_total{result="`+tc.result+`"}`), name)
	}
	require.Equal(t, 1, d.keys.questions(), "no key was asked for on its account")
	require.Len(t, d.inbox.all(), 3)
}

func TestWebhookLimits_countTheRightMostForwardedAddress(t *testing.T) {
	t.Parallel()
	d := newDoor(t, behindProxy)
	for i := range web.FailuresAtOnce {
		d.deliver(t, "", aWebhook, fmt.Sprintf("198.51.100.%d, 203.0.113.9", i))
	}
	require.Equal(t, http.StatusTooManyRequests, d.deliver(t, "", aWebhook, "198.51.100.99, 203.0.113.9").StatusCode)
	require.Equal(t, http.StatusUnauthorized, d.deliver(t, "", aWebhook, "203.0.113.9, 198.51.100.99").StatusCode,
		"nobody can use up another's")
}

func TestWebhookLimits_chargeAChangedBodyToItsSource(t *testing.T) {
	t.Parallel()
	d := newDoor(t, behindProxy)
	for range web.FailuresAtOnce {
		require.Equal(t, http.StatusUnauthorized, d.deliver(t, d.fresh(t, aWebhook), aWebhook+" ", "203.0.113.9").StatusCode)
	}
	require.Equal(t, http.StatusTooManyRequests, d.deliver(t, "", aWebhook, "203.0.113.9").StatusCode)
}

func TestWebhookLimits_doNotChargeWhatIsNotTheSendersFault(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(deps *api.Deps, o *api.Options) {
		behindProxy(deps, o)
		o.WebhookWithin = 5 * time.Second
	})
	require.Equal(t, http.StatusOK, d.deliver(t, d.fresh(t, aWebhook), aWebhook, "203.0.113.9").StatusCode)
	d.inbox.fail = io.ErrUnexpectedEOF
	for i := range 3 * web.FailuresAtOnce {
		at := time.Now().Add(-time.Duration(i) * time.Second)
		require.Equal(t, http.StatusServiceUnavailable, d.deliver(t, signedBy(t, d.plaid, "plaid", at, aWebhook), aWebhook,
			"203.0.113.9").StatusCode)
	}
	d.inbox.fail = nil
	for i := range 3 * web.FailuresAtOnce {
		at := time.Now().Add(-time.Hour - time.Duration(i)*time.Second)
		require.Equal(t, http.StatusUnauthorized, d.deliver(t, signedBy(t, d.plaid, "plaid", at, aWebhook), aWebhook, "203.0.113.9").StatusCode)
	}
	require.Equal(t, http.StatusUnauthorized, d.deliver(t, "", aWebhook, "203.0.113.9").StatusCode, "it is not limited")
}

// begin sends the header of a delivery and none of its body.
func (d *door) begin(t *testing.T, token string) *http.Response {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.at, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn,
		"POST /webhooks/plaid/sandbox HTTP/1.1\r\nHost: relink\r\nPlaid-Verification: %s\r\nContent-Length: 100\r\n\r\n", token)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res
}
