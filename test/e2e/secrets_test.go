package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/internal/blackbox"
	"relink/internal/devstack/issuer"
	"relink/internal/testkit"
)

var quillfeather = blackbox.Merchant{
	ID: "m-31", BusinessName: "Quills & Co", ContactName: "Adelheid Quillfeather", Email: "adelheid.q@quills.example", Partner: "iso-7",
}

// recordedStack is a stack that records everything.
type recordedStack struct {
	*stack
	log    *safeBuffer
	logger *zap.Logger
	spans  *tracetest.InMemoryExporter
	// tracer makes spans, like relink's own.
	tracer *sdktrace.TracerProvider
	grpc   *wire
	plaid  *recordingProxy
	front  *recordingProxy
	// platform gets every event.
	platform *platform
	// spoilt makes Plaid's next response about an Item an error that repeats the request.
	spoilt atomic.Bool
}

func recordAll(t *testing.T) *recordedStack {
	t.Helper()
	return recordAtPace(t, 0)
}

func recordAtPace(t *testing.T, pace time.Duration) *recordedStack {
	t.Helper()
	l := &recordedStack{
		log: &safeBuffer{}, spans: tracetest.NewInMemoryExporter(), grpc: &wire{},
		front: &recordingProxy{}, platform: newPlatform(t),
	}
	l.plaid = &recordingProxy{spoil: l.spoil}
	l.logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(l.log), zapcore.DebugLevel))
	l.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(l.spans))
	l.stack = startWith(t, testkit.Temporal(t), options{
		log: l.logger, spans: l.tracer, plaid: l.plaid, front: l.front, grpc: l.grpc.dialOptions(), platform: l.platform, pace: pace,
	})
	return l
}

func (l *recordedStack) spoil(w http.ResponseWriter, r *http.Request, body []byte) bool {
	if r.URL.Path != "/item/get" || !l.spoilt.CompareAndSwap(true, false) {
		return false
	}
	var asked struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.Unmarshal(body, &asked)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"error_type": "API_ERROR", "error_code": "INTERNAL_SERVER_ERROR", "error_message": string(body), "request_id": asked.AccessToken,
		"display_message": r.Header.Get("PLAID-SECRET"),
	})
	return true
}

// safeBuffer is a log in memory.
type safeBuffer struct{ w wire }

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	return b.w.text.Write(p)
}

func TestSecrets_areStoredOnlyWhereTheyAreNeeded(t *testing.T) {
	t.Parallel()
	l := recordAtPace(t, time.Millisecond)
	ctx := within(t, 2*patience)
	it, all := l.play(t, ctx)
	second := l.playOn(t, ctx, all)
	l.awaitOutbox(t, ctx)
	l.stopWorker() // ends the last spans

	places := l.places(t, ctx, it, second)
	l.learn(t, all)
	for k, atLeast := range map[kind]int{
		accessToken: 3, linkToken: 6, publicToken: 3, hostedURL: 1, linkCookie: 3, bankState: 1, deepLink: 3, stopToken: 1, bearerToken: 1,
		sessionToken: 1, plaidsKey: 1, mailAddress: 1, personsName: 1,
	} {
		require.GreaterOrEqual(t, len(all[k]), atLeast, "hardly any %s to look for", k)
		var seen []string
		for _, p := range places {
			if holds(p.text, encodingsOf(all[k])) {
				seen = append(seen, p.name)
			}
		}
		require.NotEmpty(t, seen, "no %s is anywhere, not even where it is needed: the scan is blind", k)
	}
	require.Empty(t, scan(all, places))

	// The scan finds secrets that are planted.
	token := all[accessToken][1]
	l.logger.Debug("asked", zap.String("note", "with "+token))
	_, span := l.tracer.Tracer("test").Start(ctx, "asked")
	span.SetAttributes(attribute.String("to", quillfeather.Email))
	span.End()
	l.exec(t, ctx, `INSERT INTO sessions (token, data, expiry, idle_until) VALUES ('x', $1, now(), now())`, []byte(all[deepLink][0]))
	l.exec(t, ctx, `UPDATE idempotency SET answer_sealed = $1`, []byte(all[hostedURL][0]))
	require.Equal(t, []find{
		{accessToken, "log"},
		{mailAddress, "spans"},
		{hostedURL, "table idempotency"},
		{deepLink, "table sessions"},
	}, scan(all, l.places(t, ctx, it, second)))
}

// play runs a relink with everything that can go wrong on the way, and returns the secrets that the test itself knows.
func (l *recordedStack) play(t *testing.T, ctx context.Context) (blackbox.Item, secrets) {
	t.Helper()
	all := secrets{
		// The prefixes find tokens that the test does not know.
		accessToken: {"access-sandbox-"}, linkToken: {"link-sandbox-"}, publicToken: {"public-sandbox-"},
		bearerToken: {l.Bearer}, plaidsKey: {plaidSecret}, mailAddress: {quillfeather.Email},
		personsName:  {quillfeather.ContactName, "Quillfeather"},
		platformsKey: {platformKey, strings.TrimPrefix(platformSecret, "whsec_")},
	}
	public, err := l.PublicToken(ctx, "ins_109508", l.WebhookURL())
	require.NoError(t, err)
	it, err := l.Enrol(ctx, public, quillfeather)
	require.NoError(t, err)
	again, err := l.Enrol(ctx, public, quillfeather)
	require.NoError(t, err)
	require.Equal(t, it.ID, again.ID, "a retry gets the same Item")
	_, err = l.Enrol(ctx, public+"x", quillfeather)
	require.Error(t, err, "it was never good")
	require.Error(t, blackbox.Call(ctx, "POST", l.API+"/v1/items", l.Bearer, map[string]any{"public_token": []string{public}}, nil))
	require.Error(t, blackbox.Call(ctx, "GET", l.API+"/v1/items/"+it.ID, l.Bearer+"x", nil, nil))

	for _, sign := range []string{"none", "wrong", "stale"} {
		_, _, err := l.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "ERROR", "sign": sign})
		require.NoError(t, err)
	}
	require.NoError(t, blackbox.Call(ctx, "POST", l.Mailbox+"/control/refuse", "", map[string]any{
		"code": 451, "enhanced": "4.2.2", "times": 1,
		"message": "mailbox of " + quillfeather.ContactName + " <" + quillfeather.Email + "> is full",
	}, nil))
	l.spoilt.Store(true)
	_, err = l.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	mail, err := l.AwaitMail(ctx, quillfeather.Email, 1)
	require.NoError(t, err)
	require.False(t, l.spoilt.Load(), "Plaid was never in trouble")
	link, err := mail.DeepLink()
	require.NoError(t, err)
	all.add(deepLink, path.Base(link))
	stop := stopLinks.FindString(mail.Text)
	require.NoError(t, blackbox.Call(ctx, "POST", stop+"x", "", nil, nil), "a made-up token gets the same response and stops nothing")
	all.add(stopToken, path.Base(stop))

	_, err = blackbox.Page(ctx, link)
	require.NoError(t, err)
	_, err = blackbox.Page(ctx, link+"x")
	require.Error(t, err, "damaged")
	left, err := blackbox.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	played, err := l.PlayLink(ctx, left, "user_good", "wrong")
	require.NoError(t, err)
	require.NoError(t, blackbox.Exit(ctx, link, it.ID, played))
	require.Equal(t, "connected", repaired(t, l.stack, ctx, it, link).State)
	_, err = l.AwaitMail(ctx, quillfeather.Email, 2)
	require.NoError(t, err)
	_, err = l.AwaitMoment(ctx, it.ID, "mail_sent", 2)
	require.NoError(t, err)
	l.awaitRun(t, ctx, it, 2)
	_, err = blackbox.Mint(ctx, link, it.ID)
	require.Error(t, err, "it is connected already")
	var handed struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, blackbox.Call(ctx, "POST", l.API+"/v1/items/"+it.ID+"/access-token", l.Bearer,
		map[string]any{"reason": "pull balances"}, &handed))
	require.True(t, strings.HasPrefix(handed.AccessToken, "access-sandbox-"))

	olga, _, err := issuer.SignIn(ctx, l.API+"/ops", "olga")
	require.NoError(t, err)
	require.Contains(t, read(t, ctx, olga, l.API+"/ops/items/"+it.ID), "Quills &amp; Co")
	it, err = l.Item(ctx, it.ID)
	require.NoError(t, err)
	return it, all
}

// stopLinks matches the link that unsubscribes a merchant.
var stopLinks = regexp.MustCompile(`https?://[^ ]+/unsubscribe/[0-9A-Za-z._-]+`)

// playOn runs what a first link, Hosted Link, a bank's own page and a mail program add, with another Item of the
// merchant.
func (l *recordedStack) playOn(t *testing.T, ctx context.Context, all secrets) blackbox.Item {
	t.Helper()
	var minted struct {
		LinkToken string `json:"link_token"`
	}
	for range 2 {
		l.askAsPlatform(t, ctx, "POST", "link-tokens", map[string]any{"merchant": quillfeather}, "Idempotency-Key: link").decoded(t, &minted)
	}
	var played blackbox.LinkResult
	first := map[string]any{"link_token": minted.LinkToken, "institution_id": oauthBank}
	require.NoError(t, blackbox.Call(ctx, "POST", l.Sandbox+"/control/link", "", first, &played))
	require.Equal(t, "onSuccess", played.Callback)
	var it blackbox.Item
	for range 2 {
		l.askAsPlatform(t, ctx, "POST", "items", map[string]any{
			"public_token": played.PublicToken, "merchant": quillfeather, "link_token": minted.LinkToken,
			"consent": map[string]any{"who": "the owner", "at": "2026-01-02T03:04:05Z"},
		}, "Idempotency-Key: item").decoded(t, &it)
	}
	all.add(accessToken, l.accessToken(t, ctx, it))

	phone, about := browser(t), map[string]any{"item_id": it.ID}
	link := l.brokenOnceMore(t, ctx, it, 1, 3, all)
	token := askAsPage(t, ctx, phone, link+"/link-token", about)
	token.decoded(t, &minted)
	const state = "oauth-state-77c1e0d2"
	all.add(bankState, state)
	require.Contains(t, looking(t, ctx, phone, l.API+"/relink/return?oauth_state_id="+state).body, it.ID)
	require.NotContains(t, looking(t, ctx, browser(t), l.API+"/relink/return?oauth_state_id="+state).body, it.ID)
	require.Equal(t, token.body, askAsPage(t, ctx, phone, link+"/resume", about).body, "the link token is sent once more")
	played, err := l.Play(ctx, blackbox.LinkPlay{LinkToken: minted.LinkToken})
	require.NoError(t, err)
	about["link_session_id"] = played.Metadata.LinkSessionID
	require.Contains(t, askAsPage(t, ctx, phone, link+"/complete", about).body, `"connected"`)
	_, err = l.AwaitMail(ctx, quillfeather.Email, 4)
	require.NoError(t, err)
	l.awaitRun(t, ctx, it, 2)

	require.Equal(t, http.StatusOK, l.askAsPlatform(t, ctx, "PATCH", "merchants/"+quillfeather.ID, map[string]any{"hosted_link": true}).status)
	link = l.brokenOnceMore(t, ctx, it, 2, 5, all)
	url, hosted := mintHosted(t, ctx, link, it.ID, l.plaid)
	all.add(hostedURL, path.Base(url))
	_, err = l.Play(ctx, blackbox.LinkPlay{LinkToken: hosted})
	require.NoError(t, err)
	_, err = l.AwaitState(ctx, it.ID, "connected", 2)
	require.NoError(t, err)
	last, err := l.AwaitMail(ctx, quillfeather.Email, 6)
	require.NoError(t, err)
	require.NotContains(t, last.Text, "/unsubscribe/", "a mail of thanks has no link to unsubscribe")
	l.awaitRun(t, ctx, it, 3)

	mails, err := l.Mails(ctx, quillfeather.Email)
	require.NoError(t, err)
	stop := l.unsubscribe(t, ctx, mails[4])
	all.add(stopToken, path.Base(stop))
	require.Equal(t, http.StatusOK, looking(t, ctx, http.DefaultClient, stop).status)
	require.Equal(t, http.StatusOK, oneClick(t, ctx, stop).status)
	it, err = l.Item(ctx, it.ID)
	require.NoError(t, err)
	return it
}

// brokenOnceMore breaks an Item. It returns the deep link of the merchant's nth mail, which is about this incident.
func (l *recordedStack) brokenOnceMore(t *testing.T, ctx context.Context, it blackbox.Item, incident, nth int, all secrets) string {
	t.Helper()
	_, err := l.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	_, err = l.AwaitState(ctx, it.ID, "login_required", incident)
	require.NoError(t, err)
	mail, err := l.AwaitMail(ctx, quillfeather.Email, nth)
	require.NoError(t, err)
	link, err := mail.DeepLink()
	require.NoError(t, err)
	all.add(deepLink, path.Base(link))
	return link
}

// learn adds the secrets that the recorders saw.
func (l *recordedStack) learn(t *testing.T, all secrets) {
	t.Helper()
	field := func(k kind, text []byte, name string) {
		_, body, _ := bytes.Cut(text, []byte("{"))
		var fields map[string]any
		if json.Unmarshal(append([]byte("{"), body...), &fields) == nil {
			value, _ := fields[name].(string)
			all.add(k, value)
		}
	}
	for _, e := range l.plaid.all() {
		field(accessToken, e.request, "access_token")
		field(accessToken, e.answer, "access_token")
		field(publicToken, e.request, "public_token")
		field(linkToken, e.answer, "link_token")
	}
	for _, e := range l.front.all() {
		for _, cookie := range e.cookies {
			of := sessionToken
			if cookie.Name == "relink_link" {
				of = linkCookie
			}
			all.add(of, cookie.Value)
		}
		all.add(sessionToken, e.query.Get("code"))
		all.add(sessionToken, e.query.Get("state"))
	}
}
