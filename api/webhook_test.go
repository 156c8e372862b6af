package api_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"relink/api"
	"relink/api/web"
	"relink/internal/inbox"
	"relink/internal/item"
)

func TestWebhook_thatPlaidSignedBecomesAnInboxRow(t *testing.T) {
	t.Parallel()
	const kept = `"item_id":"itm_A","webhook_code":"%s","webhook_type":"%s"}`
	for name, tc := range map[string]struct {
		body   string
		want   inbox.Entry // without what every row has: source, environment, key, sealed body
		became string
	}{
		"about an Item's health": {
			body: `{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A","environment":"sandbox"}`,
			want: inbox.Entry{Code: "ITEM/ERROR", ItemID: "itm_A", Body: []byte(`{"environment":"sandbox",` + fmt.Sprintf(kept, "ERROR",
				"ITEM")), Forward: true},
			became: "stored",
		},
		"of a code of tomorrow": {
			body:   `{"webhook_type":"ITEM","webhook_code":"NEW","item_id":"itm_A"}`,
			want:   inbox.Entry{Code: "ITEM/NEW", ItemID: "itm_A", Body: []byte(`{` + fmt.Sprintf(kept, "NEW", "ITEM")), Forward: true},
			became: "stored",
		},
		"not about health": {
			body: `{"webhook_type":"TRANSACTIONS","webhook_code":"DEFAULT_UPDATE","item_id":"itm_A"}`,
			want: inbox.Entry{
				Code: "TRANSACTIONS/DEFAULT_UPDATE", ItemID: "itm_A", Body: []byte(`{` + fmt.Sprintf(kept, "DEFAULT_UPDATE",
					"TRANSACTIONS")), Forward: true,
				Ignored: "it does not concern the health of an item",
			},
			became: "ignored",
		},
		"of a type that the platform does not want": {
			body: `{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED","status":"SUCCESS"}`,
			want: inbox.Entry{
				Code: "LINK/SESSION_FINISHED", Body: []byte(`{"status":"SUCCESS","webhook_code":"SESSION_FINISHED","webhook_type":"LINK"}`),
				Ignored: "it does not concern the health of an item",
			},
			became: "ignored",
		},
		"without an Item": {
			body: `{"webhook_type":"ITEM","webhook_code":"ERROR"}`,
			want: inbox.Entry{
				Code: "ITEM/ERROR", Body: []byte(`{"webhook_code":"ERROR","webhook_type":"ITEM"}`), Forward: true, Dead: "it names no item",
			},
			became: "dead",
		},
		"of another environment": {
			body: `{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A","environment":"production"}`,
			want: inbox.Entry{
				Code: "ITEM/ERROR", ItemID: "itm_A", Body: []byte(`{"environment":"production",` + fmt.Sprintf(kept, "ERROR",
					"ITEM")), Dead: "it speaks of another environment",
			},
			became: "dead",
		},
		"without a code": {
			body:   `{"webhook_type":"ITEM","item_id":"itm_A"}`,
			want:   inbox.Entry{Code: "unknown", Body: []byte(`{"item_id":"itm_A","webhook_type":"ITEM"}`), Dead: "it is not understood"},
			became: "dead",
		},
		"no JSON": {
			body:   `<webhook/>`,
			want:   inbox.Entry{Code: "unknown", Dead: "it is not understood"},
			became: "dead",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, func(_ *api.Deps, o *api.Options) {
				o.Forwards = func(webhookType string) bool { return webhookType != "LINK" }
			})
			token := d.fresh(t, tc.body)
			require.Equal(t, http.StatusOK, d.deliver(t, token, tc.body, "").StatusCode)
			key := sha256.Sum256([]byte(token + "\x00" + tc.body))
			tc.want.Source, tc.want.Environment, tc.want.DeliveryKey = item.FromWebhook, "sandbox", key[:]
			tc.want.RawSealed = []byte("sealed\x00" + string(key[:]) + "\x00" + tc.body)
			require.Equal(t, []inbox.Entry{tc.want}, d.inbox.all())
			require.Equal(t, "1", d.counted(t, `relink_webhooks_total{result="`+tc.became+`"}`))

			require.Equal(t, http.StatusOK, d.deliver(t, token, tc.body, "").StatusCode)
			require.Equal(t, "1", d.counted(t, `relink_webhooks_total{result="repeat"}`))
		})
	}
}

func TestWebhook_isForwardedOnlyIfThatIsConfigured(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	require.Equal(t, http.StatusOK, d.deliver(t, d.fresh(t, aWebhook), aWebhook, "").StatusCode)
	require.False(t, d.inbox.all()[0].Forward)
}

func TestWebhook_ofAnUnknownCodeIsVisible(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	for body, want := range map[string]string{
		`{"webhook_type":"ITEM","webhook_code":"NEW","item_id":"itm_A"}`:  `{type="ITEM"}`,
		`{"webhook_type":"WEATHER","webhook_code":"A","item_id":"itm_A"}`: `{type="other"}`,
	} {
		token := d.fresh(t, body)
		for range 2 { // the second one is the same delivery
			require.Equal(t, http.StatusOK, d.deliver(t, token, body, "").StatusCode)
		}
		require.Equal(t, "1", d.counted(t, `relink_webhooks_unknown_total`+want))
	}
	require.Equal(t, http.StatusOK, d.deliver(t, d.fresh(t, aWebhook), aWebhook, "").StatusCode)
	require.Empty(t, d.counted(t, `relink_webhooks_unknown_total{type="LINK"}`))
	unknown := 0
	for _, line := range d.log.FilterMessage("request answered").All() {
		known, said := line.ContextMap()["known"]
		require.Equal(t, line.ContextMap()["code"] != "ITEM/ERROR", said)
		if said {
			require.Equal(t, false, known)
			unknown++
		}
	}
	require.Equal(t, 4, unknown)
}

func TestWebhook_thatCannotBeSealedOrStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*api.Deps, *memory){
		"sealed": func(deps *api.Deps, _ *memory) {
			deps.Seal = func([]byte, []byte) ([]byte, error) { return nil, errors.New("no key") }
		},
		"stored": func(_ *api.Deps, m *memory) { m.fail = errors.New("postgres is away") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, func(deps *api.Deps, _ *api.Options) { change(deps, deps.Store.(*memory)) })
			for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Hour)} {
				res := d.deliver(t, signedBy(t, d.plaid, "plaid", at, aWebhook), aWebhook, "")
				require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
				require.NotEmpty(t, res.Header.Get("Retry-After"))
			}
			require.Empty(t, d.inbox.all())
			require.Equal(t, "2", d.counted(t, `relink_webhooks_total{result="not_stored"}`))
			require.Empty(t, d.log.FilterMessage("stale webhook recorded").All())
		})
	}
}

func TestWebhook_thatIsStaleIsRefusedYetRecordedOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(_ *api.Deps, o *api.Options) { o.Forwards = func(string) bool { return true } })
	captured := signedBy(t, d.plaid, "plaid", time.Now().Add(-time.Hour), aWebhook)
	const replays = 100
	for range replays {
		require.Equal(t, http.StatusUnauthorized, d.deliver(t, captured, aWebhook, "").StatusCode)
	}
	rows := d.inbox.all()
	require.Len(t, rows, 1, "one row, so one check of its Item")
	require.True(t, rows[0].Stale)
	require.False(t, rows[0].Forward, "the platform does not get news that may be out of date")
	require.Equal(t, item.ID(theItem), rows[0].ItemID)
	require.Equal(t, "ITEM/ERROR", rows[0].Code)
	require.NotEmpty(t, rows[0].RawSealed)
	require.Equal(t, strconv.Itoa(replays), d.counted(t, `relink_webhooks_total{result="refused_stale"}`))
	require.Empty(t, d.counted(t, `relink_webhooks_total{result="stored"}`))
	alerts := d.log.FilterMessage("stale webhook recorded").All()
	require.Len(t, alerts, 1)
	require.Equal(t, zapcore.ErrorLevel, alerts[0].Level)
	require.Equal(t, theItem, alerts[0].ContextMap()["item_id"])
}

func TestWebhook_thatIsStaleWithAnotherBodyIsForged(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	captured := signedBy(t, d.plaid, "plaid", time.Now().Add(-time.Hour), aWebhook)
	require.Equal(t, http.StatusUnauthorized, d.deliver(t, captured, aWebhook+" ", "").StatusCode)
	require.Empty(t, d.inbox.all())
	require.Equal(t, "1", d.counted(t, `relink_webhooks_total{result="refused_body_changed"}`))
	require.Empty(t, d.counted(t, `relink_webhooks_total{result="refused_stale"}`))
}

func TestWebhook_ofAFinishedSessionFindsItsItemByTheTokensHash(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, hostedIn("US"))
	p.breakIt(t, item.Credentials)
	require.Equal(t, http.StatusOK, p.says(t, "link-token").Code)
	finished := func(token, status string) {
		body := `{"webhook_type":"LINK","webhook_code":"SESSION_FINISHED","status":"` + status + `",` +
			`"link_token":"` + token + `","environment":"sandbox"}`
		req := p.request(t, http.MethodPost, "/webhooks/plaid/sandbox", body)
		req.Header.Set("Plaid-Verification", p.signed(t, body))
		res, response := p.do(t, browser(), req)
		require.Equal(t, http.StatusOK, res.StatusCode, response)
	}
	finished("link-sandbox-somebody-elses", "SUCCESS")
	require.Empty(t, p.acted(t, item.LinkFinished))
	finished(mintedToken, "exited")
	require.Len(t, p.acted(t, item.LinkLeft), 1)
	finished(mintedToken, "success")
	require.Len(t, p.acted(t, item.LinkFinished), 1)
	require.Equal(t, item.FromWebhook, p.acted(t, item.LinkFinished)[0].Source)
}

func TestWebhook_isVerifiedBeforeAnyOfItsBodyIsRead(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(_ *api.Deps, o *api.Options) { o.WebhookWithin = time.Minute }) // longer than begin waits
	for range web.FailuresAtOnce {
		require.Equal(t, http.StatusUnauthorized, d.begin(t, "e30.e30.e30").StatusCode)
	}
	require.Equal(t, http.StatusTooManyRequests, d.begin(t, "e30.e30.e30").StatusCode)
}

func TestWebhook_getsAResponseBeforePlaidGivesUp(t *testing.T) {
	t.Parallel()
	const within = 200 * time.Millisecond
	quick := func(_ *api.Deps, o *api.Options) { o.WebhookWithin = within }
	for name, slow := range map[string]func(t *testing.T, d *door) *http.Response{
		"its key": func(t *testing.T, d *door) *http.Response {
			t.Helper()
			d.keys.held = true
			return d.deliver(t, d.fresh(t, aWebhook), aWebhook, "")
		},
		"its body": func(t *testing.T, d *door) *http.Response {
			t.Helper()
			return d.begin(t, d.fresh(t, aWebhook))
		},
		"the inbox": func(t *testing.T, d *door) *http.Response {
			t.Helper()
			d.inbox.held = true
			return d.deliver(t, d.fresh(t, aWebhook), aWebhook, "")
		},
	} {
		t.Run(name+" takes too long", func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, quick)
			began := time.Now()
			res := slow(t, d)
			require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
			require.NotEmpty(t, res.Header.Get("Retry-After"))
			require.GreaterOrEqual(t, time.Since(began), within)
			require.Less(t, time.Since(began), 5*time.Second, "what it waited for would take forever")
			require.Empty(t, d.inbox.all())
		})
	}
}
