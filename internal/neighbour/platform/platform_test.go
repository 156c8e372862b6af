package platform_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/neighbour"
	"relink/internal/neighbour/httpx"
	"relink/internal/neighbour/platform"
)

// verify verifies a request as the platform does, with the library of Standard Webhooks.
func verify(t *testing.T, secret string, got taken) error {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	return w.Verify(got.body, got.header)
}

// final reports whether an error is final.
func final(err error) bool {
	var sorted *neighbour.Error
	return errors.As(err, &sorted) && sorted.Final()
}

func TestSend_thePlatformCanVerifyWhatItIsSent(t *testing.T) {
	t.Parallel()
	r := receive(t)
	require.NoError(t, r.platform(t, oldSecret).Send(t.Context(), event()))
	got := r.all()[0]
	require.NoError(t, verify(t, oldSecret, got))
	require.ErrorIs(t, verify(t, newSecret, got), standardwebhooks.ErrNoMatchingSignature)

	for name, change := range map[string]func(*taken){
		"body":      func(g *taken) { g.body = append(g.body, ' ') },
		"id":        func(g *taken) { g.header.Set("webhook-id", "sandbox/platform/itm_1/2/opened") },
		"timestamp": func(g *taken) { g.header.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()-60)) },
	} {
		changed := taken{got.header.Clone(), got.body}
		change(&changed)
		require.ErrorIs(t, verify(t, oldSecret, changed), standardwebhooks.ErrNoMatchingSignature, name)
	}
}

func TestSend_whileASecretRotatesEitherVerifies(t *testing.T) {
	t.Parallel()
	r := receive(t)
	require.NoError(t, r.platform(t, newSecret, oldSecret).Send(t.Context(), event()))
	got := r.all()[0]
	require.NoError(t, verify(t, oldSecret, got))
	require.NoError(t, verify(t, newSecret, got))
	require.Len(t, strings.Split(got.header.Get("webhook-signature"), " "), 2)
}

func TestSend_anEventIsOneJSONObjectWithTypeTimestampAndData(t *testing.T) {
	t.Parallel()
	r := receive(t)
	require.NoError(t, r.platform(t, oldSecret).Send(t.Context(), event()))
	got := r.all()[0]
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.JSONEq(t, `{
		"type": "item.login_required", "timestamp": "2026-11-22T12:00:00.123456789Z", "data": {"item_id": "itm_1", "incident": 1}
	}`, string(got.body))
}

func TestSend_aPassedOnWebhookKeepsEveryByteThatPlaidSigned(t *testing.T) {
	t.Parallel()
	r := receive(t)
	const plaids = "{ \"webhook_type\":\"TRANSACTIONS\",\r\n \"b\":1, \"a\" : 12345678901234567890.10, \"a\":\"<&\\u00e9>é\" }\n"
	require.NoError(t, r.platform(t, oldSecret).Send(t.Context(), passedOn(plaids)))
	got := r.all()[0]
	require.NoError(t, verify(t, oldSecret, got))
	want := `{"type":"plaid.webhook","timestamp":"2026-11-22T12:00:00.123456789Z","data":{"environment":"sandbox",` +
		`"received_at":"2026-11-22T12:00:00.123456789Z","webhook":` + plaids + `}}`
	require.Equal(t, []byte(want), got.body, "byte for byte")
}

func TestSend_aBodyThatIsNotJSONIsNeverPassedOn(t *testing.T) {
	t.Parallel()
	r := receive(t)
	for _, body := range []string{"", "hello", `{"a":1`, `{"a":1}{"b":2}`, `{}},"type":"item.removed"`} {
		err := r.platform(t, oldSecret).Send(t.Context(), passedOn(body))
		require.True(t, final(err), body)
		require.EqualError(t, err, "platform: nothing to send: the webhook's body is not JSON")
	}
	erased := passedOn("")
	erased.RawSealed = nil
	require.True(t, final(r.platform(t, oldSecret).Send(t.Context(), erased)), "its retention time is over")

	other := passedOn("{}")
	other.DeliveryKey = []byte("delivery 2")
	err := r.platform(t, oldSecret).Send(t.Context(), other)
	require.ErrorContains(t, err, "sealed for another delivery")
	require.False(t, final(err), "a keyset can be mended")
	require.Empty(t, r.all())
}

func TestSend_everyTryHasTheSameIDAndBodyAndItsOwnTime(t *testing.T) {
	t.Parallel()
	r := receive(t)
	c := r.platform(t, oldSecret)
	require.NoError(t, c.Send(t.Context(), passedOn("{}")))
	first := r.all()[0]
	require.Eventually(t, func() bool { // the header counts seconds
		require.NoError(t, c.Send(t.Context(), passedOn("{}")))
		all := r.all()
		again := all[len(all)-1]
		require.Equal(t, first.header.Get("webhook-id"), again.header.Get("webhook-id"))
		require.Equal(t, first.body, again.body)
		return again.header.Get("webhook-timestamp") != first.header.Get("webhook-timestamp")
	}, 5*time.Second, 200*time.Millisecond)
}

func TestSend_anIDNamesItsEnvironmentAndHoldsNoDot(t *testing.T) {
	t.Parallel()
	r := receive(t)
	c := r.platform(t, oldSecret)
	seen := map[string]bool{}
	for key, want := range map[string]string{
		"plaid.webhook/17":          "sandbox/plaid%2Ewebhook/17",
		"platform/itm_1/1/opened":   "sandbox/platform/itm_1/1/opened",
		"platform/a.b/1/opened":     "sandbox/platform/a%2Eb/1/opened",
		"platform/a%2Eb/1/opened":   "sandbox/platform/a%252Eb/1/opened",
		"platform/a\r\nb/1/opened":  "sandbox/platform/a%0D%0Ab/1/opened",
		"platform/a%2Fb/1/opened":   "sandbox/platform/a%252Fb/1/opened",
		"platform/itm_1/1/changed-": "sandbox/platform/itm_1/1/changed-",
	} {
		message := event()
		message.Key = key
		require.NoError(t, c.Send(t.Context(), message))
		all := r.all()
		id := all[len(all)-1].header.Get("webhook-id")
		require.Equal(t, want, id)
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestSend_onlyA2xxIsADeliveryAndOnly410IsFinal(t *testing.T) {
	t.Parallel()
	r := receive(t)
	c := r.platform(t, oldSecret)
	for _, status := range []int{200, 201, 202, 204, 299} {
		r.responds(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		require.NoError(t, c.Send(t.Context(), event()), status)
	}
	for _, status := range []int{301, 307, 400, 401, 404, 410, 429, 500, 503} {
		r.responds(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		before := len(r.all())
		err := c.Send(t.Context(), event())
		var refused *httpx.Error
		require.ErrorAs(t, err, &refused, status)
		require.Equal(t, status, refused.Status)
		require.Equal(t, status == http.StatusGone, final(err), status)
		require.Len(t, r.all(), before+1, "a redirect is not followed")
	}
}

func TestSend_aRetryAfterIsThrottling(t *testing.T) {
	t.Parallel()
	r := receive(t)
	c := r.platform(t, oldSecret)
	for header, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "7": 7 * time.Second, "86400": time.Hour,
		time.Now().Add(30 * time.Minute).UTC().Format(http.TimeFormat): 30 * time.Minute,
		time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat):     0,
		time.Now().Add(48 * time.Hour).UTC().Format(http.TimeFormat):   time.Hour,
	} {
		r.responds(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		err := c.Send(t.Context(), event())
		require.EqualError(t, err, "platform: status 503")
		var sorted *neighbour.Error
		if !errors.As(err, &sorted) {
			require.Zero(t, want, header)
			continue
		}
		wait, throttled := sorted.Throttled()
		require.True(t, throttled, header)
		require.Positive(t, want, header)
		require.InDelta(t, want.Seconds(), wait.Seconds(), 5, header)
	}
}

func TestSend_endlessResponseHoldsNobody(t *testing.T) {
	t.Parallel()
	r := receive(t)
	r.responds(func(w http.ResponseWriter, req *http.Request) {
		for req.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	require.NoError(t, r.platform(t, oldSecret).Send(t.Context(), event()), "it said 200")
}

func TestSend_noErrorHoldsASecretABodyOrThePasswordInTheURL(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := l.Addr().String()
	require.NoError(t, l.Close())
	r := receive(t)
	r.responds(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "you sent itm_1 with "+oldSecret, http.StatusBadRequest)
	})
	for _, at := range []string{closed, strings.TrimPrefix(r.url, "http://")} {
		c, err := platform.New(platform.Options{
			URL: "http://relink:pw-4711@" + at + "/hooks/path-4711?token=query-4711", Secrets: []string{oldSecret}, Environment: "sandbox",
		}, vault{})
		require.NoError(t, err)
		err = c.Send(t.Context(), event())
		require.Error(t, err)
		for _, secret := range []string{oldSecret, "4711", "itm_1"} {
			require.NotContains(t, err.Error(), secret)
		}
	}
	_, err = platform.New(platform.Options{URL: "ftp://relink:pw-4711@h", Secrets: []string{oldSecret}}, vault{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "4711")
	for _, secrets := range [][]string{nil, {oldSecret, "whsec_c2hvcnQtNDcxMQ=="}, {strings.TrimPrefix(oldSecret, "whsec_")}, {"whsec_?"}} {
		_, err := platform.New(platform.Options{URL: r.url, Secrets: secrets}, vault{})
		require.Error(t, err)
		for _, s := range secrets {
			require.NotContains(t, err.Error(), s)
		}
	}
}

func TestSend_endsWithItsContext(t *testing.T) {
	t.Parallel()
	r := receive(t)
	r.responds(func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := r.platform(t, oldSecret).Send(ctx, event())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, final(err))
}

func TestWants_eachChangeOfAnItemsStateOrCauseAndNothingElse(t *testing.T) {
	t.Parallel()
	p := receive(t).platform(t, oldSecret)
	wants := func(step item.Step, to item.State) (neighbour.Wanted, bool) {
		return p.Wants(neighbour.Event{ItemID: "itm_1", Transition: item.Transition{Incident: 2, Step: step, To: to}})
	}
	for _, to := range []item.State{item.Connected, item.Expiring, item.LoginRequired, item.Revoked} {
		for _, step := range []item.Step{item.Opened, item.Changed, item.Closed} {
			got, ok := wants(step, to)
			require.True(t, ok)
			require.Equal(t, neighbour.Wanted{Event: "item." + string(to), Key: "itm_1/2/" + string(step)}, got)
		}
	}
	got, _ := wants(item.Closed, item.Removed)
	require.Equal(t, neighbour.Wanted{Event: "item.removed", Key: "itm_1/2/removed"}, got)
	for _, step := range []item.Step{item.Escalated, item.Ordered} {
		_, ok := wants(step, item.LoginRequired)
		require.False(t, ok, step)
	}
}
