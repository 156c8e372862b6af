package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/protobuf/encoding/protojson"

	"relink/internal/devstack/issuer"
	"relink/internal/outside"
	"relink/internal/testkit"
)

var quillfeather = outside.Merchant{
	ID: "m-31", BusinessName: "Quills & Co", ContactName: "Adelheid Quillfeather", Email: "adelheid.q@quills.example", Partner: "iso-7",
}

// looked is a stack of which everything is written down.
type looked struct {
	*stack
	log   *safeBuffer
	told  *zap.Logger
	spans *tracetest.InMemoryExporter
	// tracer makes spans as relink does.
	tracer *sdktrace.TracerProvider
	grpc   *wire
	plaid  *tap
	front  *tap
	// platform is told all of it.
	platform *platform
	// spoilt has Plaid's next answer about an Item be trouble that repeats what it was asked.
	spoilt atomic.Bool
}

func look(t *testing.T) *looked {
	t.Helper()
	l := &looked{log: &safeBuffer{}, spans: tracetest.NewInMemoryExporter(), grpc: &wire{}, front: &tap{}, platform: newPlatform(t)}
	l.plaid = &tap{spoil: l.spoil}
	l.told = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(l.log), zapcore.DebugLevel))
	l.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(l.spans))
	l.stack = startWith(t, testkit.Temporal(t), instruments{
		log: l.told, spans: l.tracer, plaid: l.plaid, front: l.front, grpc: l.grpc.dialOptions(), platform: l.platform,
	})
	return l
}

func (l *looked) spoil(w http.ResponseWriter, r *http.Request, body []byte) bool {
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

func TestNoSecretIsWrittenDownWhereItIsNotNeeded(t *testing.T) {
	t.Parallel()
	l := look(t)
	ctx := within(t, 2*patience)
	it, all := l.play(t, ctx)
	l.awaitOutbox(t, ctx)
	l.stopWorker() // ends the last spans

	places := l.places(t, ctx, it)
	l.learn(t, all)
	for k, atLeast := range map[kind]int{
		accessToken: 2, linkToken: 3, publicToken: 2, deepLink: 1, stopLink: 1, linkCookie: 1, bearerToken: 1, sessionToken: 1, plaidsKey: 1, mailAddress: 1, personsName: 1,
	} {
		require.GreaterOrEqual(t, len(all[k]), atLeast, "hardly any %s to look for", k)
		var seen []string
		for _, p := range places {
			if holds(p.text, disguisesOf(all[k])) {
				seen = append(seen, p.name)
			}
		}
		require.NotEmpty(t, seen, "no %s is anywhere, not even where it is needed: nothing was looked at", k)
	}
	require.Empty(t, hunt(all, places))

	// And it would have been found.
	token := all[accessToken][1]
	l.told.Debug("asked", zap.String("note", "with "+token))
	_, span := l.tracer.Tracer("test").Start(ctx, "asked")
	span.SetAttributes(attribute.String("to", quillfeather.Email))
	span.End()
	l.exec(t, ctx, `INSERT INTO sessions (token, data, expiry, idle_until) VALUES ('x', $1, now(), now())`, []byte(all[deepLink][0]))
	require.Equal(t, []find{{accessToken, "log"}, {mailAddress, "spans"}, {deepLink, "table sessions"}}, hunt(all, l.places(t, ctx, it)))
}

// play plays a relink with everything that can go wrong on the way, and answers the secrets that the test itself knows.
func (l *looked) play(t *testing.T, ctx context.Context) (outside.Item, secrets) {
	t.Helper()
	all := secrets{
		// Also any token that the test does not know of.
		accessToken: {"access-sandbox-"}, linkToken: {"link-sandbox-"}, publicToken: {"public-sandbox-"},
		bearerToken: {l.Bearer}, plaidsKey: {plaidSecret}, mailAddress: {quillfeather.Email}, personsName: {quillfeather.ContactName, "Quillfeather"},
		platformsKey: {platformKey, strings.TrimPrefix(platformSecret, "whsec_")},
	}
	public, err := l.PublicToken(ctx, "ins_109508", l.WebhookURL())
	require.NoError(t, err)
	it, err := l.Enrol(ctx, public, quillfeather)
	require.NoError(t, err)
	again, err := l.Enrol(ctx, public, quillfeather)
	require.NoError(t, err)
	require.Equal(t, it.ID, again.ID, "a retry gets the Item that came of it")
	_, err = l.Enrol(ctx, public+"x", quillfeather)
	require.Error(t, err, "it was never good")
	require.Error(t, outside.Call(ctx, "POST", l.API+"/v1/items", l.Bearer, map[string]any{"public_token": []string{public}}, nil))
	require.Error(t, outside.Call(ctx, "GET", l.API+"/v1/items/"+it.ID, l.Bearer+"x", nil, nil))

	for _, sign := range []string{"none", "wrong", "stale"} {
		_, _, err := l.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "ERROR", "sign": sign})
		require.NoError(t, err)
	}
	require.NoError(t, outside.Call(ctx, "POST", l.Mailbox+"/control/refuse", "", map[string]any{
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
	require.NoError(t, outside.Call(ctx, "POST", stop+"x", "", nil, nil), "a made-up one looks the same, and stops nothing")
	all.add(stopLink, path.Base(stop))

	_, err = outside.Page(ctx, link)
	require.NoError(t, err)
	_, err = outside.Page(ctx, link+"x")
	require.Error(t, err, "damaged")
	left, err := outside.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	played, err := l.PlayLink(ctx, left, "user_good", "wrong")
	require.NoError(t, err)
	require.NoError(t, outside.Exit(ctx, link, it.ID, played))
	require.Equal(t, "connected", repaired(t, l.stack, ctx, it, link).State)
	_, err = l.AwaitMail(ctx, quillfeather.Email, 2)
	require.NoError(t, err)
	_, err = l.AwaitMoment(ctx, it.ID, "mail_sent", 2)
	require.NoError(t, err)
	l.awaitRun(t, ctx, it, 2)
	_, err = outside.Mint(ctx, link, it.ID)
	require.Error(t, err, "it is connected already")
	var handed struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, outside.Call(ctx, "POST", l.API+"/v1/items/"+it.ID+"/access-token", l.Bearer, map[string]any{"reason": "pull balances"}, &handed))
	require.True(t, strings.HasPrefix(handed.AccessToken, "access-sandbox-"))

	olga, _, err := issuer.SignIn(ctx, l.API+"/ops", "olga")
	require.NoError(t, err)
	require.Contains(t, read(t, ctx, olga, l.API+"/ops/items/"+it.ID), "Quills &amp; Co")
	it, err = l.Item(ctx, it.ID)
	require.NoError(t, err)
	return it, all
}

// stopLinks finds what ends the mails of a merchant.
var stopLinks = regexp.MustCompile(`https?://[^ ]+/unsubscribe/[0-9A-Za-z._-]+`)

// learn adds the secrets that went over the wire.
func (l *looked) learn(t *testing.T, all secrets) {
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

// places are all there are where something of the run was written down.
func (l *looked) places(t *testing.T, ctx context.Context, it outside.Item) []place {
	t.Helper()
	metrics := ""
	require.NoError(t, outside.Call(ctx, "GET", l.admin+"/metrics", "", nil, &metrics))
	require.Contains(t, metrics, "relink_incidents_total")
	places := []place{
		{name: "log", text: l.log.w.bytes()},
		{name: "spans", text: text(l.spans.GetSpans())},
		{name: "metrics", text: []byte(metrics)},
		{name: "what went to and from Temporal", text: l.grpc.bytes()},
	}
	for _, run := range l.runs(t, ctx, it) {
		history, err := l.history(ctx, it, run)
		require.NoError(t, err)
		encoded, err := protojson.Marshal(history)
		require.NoError(t, err)
		places = append(places, place{name: "history " + run, text: encoded})
	}
	places = append(places, l.tables(t, ctx)...)
	mails, err := l.Mails(ctx, quillfeather.Email)
	require.NoError(t, err)
	for i, m := range mails {
		places = append(places, place{name: fmt.Sprintf("mail %d", i+1), text: []byte(m.Text + m.HTML), may: []kind{deepLink, stopLink, mailAddress, personsName}})
	}
	told := l.platform.all(t, everything)
	require.Greater(t, len(told), 2, "the platform was told hardly anything")
	for _, e := range told {
		places = append(places, place{name: "told the platform: " + e.Type, text: raw(e.id, e.header, e.body)})
	}
	for _, e := range l.plaid.all() {
		request, answer := e.atPlaid()
		places = append(places, request, answer)
	}
	for _, e := range l.front.all() {
		request, answer := e.atRelink()
		places = append(places, request, answer)
	}
	return places
}

// atPlaid says what is needed in a call of Plaid's.
func (e exchange) atPlaid() (request, answer place) {
	request = place{name: "request to Plaid's " + e.path, text: e.request, may: []kind{plaidsKey}}
	answer = place{name: "answer of Plaid's " + e.path, text: e.answer}
	switch e.path {
	case "/item/public_token/exchange":
		request.may, answer.may = []kind{plaidsKey, publicToken}, []kind{accessToken}
	case "/item/get", "/accounts/get":
		request.may = []kind{plaidsKey, accessToken}
	case "/link/token/create":
		request.may, answer.may = []kind{plaidsKey, accessToken}, []kind{linkToken}
	}
	return request, answer
}

// atRelink says what is needed in a call of ours. A browser that is signed in shows its session with every request.
func (e exchange) atRelink() (request, answer place) {
	request = place{name: "request " + e.method + " " + e.path, text: e.request}
	answer = place{name: "answer to " + e.method + " " + e.path, text: e.answer}
	switch {
	case path.Base(e.path) == "access-token":
		request.may, answer.may = []kind{bearerToken}, []kind{accessToken}
	case e.path == "/v1/items":
		request.may = []kind{bearerToken, publicToken, mailAddress, personsName}
	case strings.HasPrefix(e.path, "/v1/"):
		request.may = []kind{bearerToken}
	case strings.HasPrefix(e.path, "/relink/"):
		request.name, answer.name = "request "+e.method+" of the merchant", "answer to "+e.method+" of the merchant"
		request.may = []kind{deepLink}
		if e.method == http.MethodGet {
			answer.may = []kind{deepLink} // the page calls under it
		}
		if path.Base(e.path) == "link-token" {
			answer.may = []kind{linkToken, linkCookie}
		}
	case strings.HasPrefix(e.path, "/unsubscribe/"):
		request.name, request.may = "request "+e.method+" of who wants no mails", []kind{stopLink}
	case strings.HasPrefix(e.path, "/signin"), strings.HasPrefix(e.path, "/ops"):
		request.may, answer.may = []kind{sessionToken}, []kind{sessionToken}
	}
	return request, answer
}

// tables are all tables, each as text.
func (l *looked) tables(t *testing.T, ctx context.Context) []place {
	t.Helper()
	conn, err := pgx.Connect(ctx, l.database)
	require.NoError(t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Subset(t, names, []string{"audit", "inbox", "items", "mails", "merchants", "outbox", "sessions", "shared_keys"})
	var places []place
	for _, name := range names {
		rows, err := conn.Query(ctx, "SELECT t::text FROM "+pgx.Identifier{name}.Sanitize()+" t")
		require.NoError(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		p := place{name: "table " + name, text: []byte(strings.Join(lines, "\n"))}
		if name == "merchants" || name == "mails" {
			p.may = []kind{mailAddress, personsName}
		}
		places = append(places, p)
	}
	return places
}

func (l *looked) exec(t *testing.T, ctx context.Context, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(ctx, l.database)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql, args...)
	require.NoError(t, err)
}

// text is all that spans say.
func text(spans tracetest.SpanStubs) []byte {
	var b bytes.Buffer
	line := func(attributes []attribute.KeyValue) {
		for _, a := range attributes {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
		}
		b.WriteString("\n")
	}
	for _, s := range spans {
		fmt.Fprintf(&b, "%s %s %s %s\n", s.Name, s.SpanContext.TraceID(), s.Status.Description, s.SpanContext.TraceState())
		line(s.Attributes)
		line(s.Resource.Attributes())
		for _, e := range s.Events {
			b.WriteString(e.Name)
			line(e.Attributes)
		}
		for _, l := range s.Links {
			line(l.Attributes)
		}
	}
	return b.Bytes()
}
