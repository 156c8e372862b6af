package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/encoding/protojson"

	"relink/internal/blackbox"
)

// places returns everything that the run wrote.
func (l *recordedStack) places(t *testing.T, ctx context.Context, items ...blackbox.Item) []place {
	t.Helper()
	metrics := ""
	require.NoError(t, blackbox.Call(ctx, "GET", l.admin+"/metrics", "", nil, &metrics))
	require.Contains(t, metrics, "relink_incidents_total")
	places := []place{
		{name: "log", text: l.log.w.bytes()},
		{name: "spans", text: text(l.spans.GetSpans())},
		{name: "metrics", text: []byte(metrics)},
		{name: "messages to and from Temporal", text: l.grpc.bytes()},
	}
	for _, it := range items {
		for _, run := range l.runs(t, ctx, it) {
			history, err := l.history(ctx, it, run)
			require.NoError(t, err)
			encoded, err := protojson.Marshal(history)
			require.NoError(t, err)
			places = append(places, place{name: "history " + run, text: encoded})
		}
	}
	places = append(places, l.tables(t, ctx)...)
	mails, err := l.Mails(ctx, quillfeather.Email)
	require.NoError(t, err)
	for i, m := range mails {
		places = append(places, place{
			name: fmt.Sprintf("mail %d", i+1), text: []byte(m.Text + m.HTML),
			may: []kind{deepLink, stopToken, mailAddress, personsName},
		})
	}
	messages := l.platform.all(t, everything)
	require.Greater(t, len(messages), 2, "the platform got hardly any messages")
	for _, e := range messages {
		places = append(places, place{name: "message to the platform: " + e.Type, text: raw(e.id, e.header, e.body)})
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

// atPlaid returns the places of a call to Plaid, with the secrets that each needs.
func (e exchange) atPlaid() (request, answer place) {
	request = place{name: "request to Plaid's " + e.path, text: e.request, may: []kind{plaidsKey}}
	answer = place{name: "answer of Plaid's " + e.path, text: e.answer}
	switch e.path {
	case "/item/public_token/exchange":
		request.may, answer.may = []kind{plaidsKey, publicToken}, []kind{accessToken}
	case "/item/get", "/accounts/get":
		request.may = []kind{plaidsKey, accessToken}
	case "/link/token/create":
		request.may, answer.may = []kind{plaidsKey, accessToken}, []kind{linkToken, hostedURL}
	case "/link/token/get":
		request.may, answer.may = []kind{plaidsKey, linkToken}, []kind{linkToken, hostedURL, publicToken}
	}
	return request, answer
}

// atRelink returns the places of a call to relink, with the secrets that each needs. A signed-in browser sends its
// session with every request.
func (e exchange) atRelink() (request, answer place) {
	request = place{name: "request " + e.method + " " + e.path, text: e.request}
	answer = place{name: "answer to " + e.method + " " + e.path, text: e.answer}
	switch {
	case e.path == "/v1/items":
		request.may = []kind{bearerToken, publicToken, linkToken, mailAddress, personsName}
	case e.path == "/v1/link-tokens":
		request.may, answer.may = []kind{bearerToken, mailAddress, personsName}, []kind{linkToken}
	case strings.HasPrefix(e.path, "/v1/merchants/"):
		request.may, answer.may = []kind{bearerToken}, []kind{mailAddress, personsName}
	case strings.HasPrefix(e.path, "/v1/"):
		request.may = []kind{bearerToken}
		if path.Base(e.path) == "access-token" {
			answer.may = []kind{accessToken}
		}
	case strings.HasPrefix(e.path, "/webhooks/"):
		if bytes.Contains(e.request, []byte(`"LINK"`)) {
			request.may = []kind{linkToken, publicToken} // Plaid names the session by them
		}
	case strings.HasPrefix(e.path, "/unsubscribe/"):
		request.name, answer.name = "request "+e.method+" of a mail program", "answer to "+e.method+" of a mail program"
		request.may = []kind{stopToken}
		if e.method == http.MethodGet {
			answer.may = []kind{stopToken} // the page has a form
		}
	case strings.HasPrefix(e.path, "/relink/"):
		request, answer = e.ofMerchant(request, answer)
	case strings.HasPrefix(e.path, "/signin"), strings.HasPrefix(e.path, "/ops"):
		request.may, answer.may = []kind{sessionToken}, []kind{sessionToken}
	}
	return request, answer
}

// ofMerchant returns the places of a call by the merchant's page or browser, with the secrets that each needs.
func (e exchange) ofMerchant(request, answer place) (place, place) {
	act := path.Base(e.path)
	request.name, answer.name = "request "+e.method+" of the merchant: ", "answer to "+e.method+" of the merchant: "
	request.may = []kind{deepLink, linkCookie}
	if e.method == http.MethodGet {
		answer.may = []kind{deepLink} // the page calls under it
	}
	switch act {
	case "link-token":
		answer.may = []kind{linkToken, hostedURL, linkCookie}
	case "resume":
		answer.may = []kind{linkToken}
	case "return":
		request.may = []kind{linkCookie, bankState}
	default:
		act = ""
	}
	request.name, answer.name = request.name+act, answer.name+act
	return request, answer
}

// tables returns all tables, each as text.
func (s *stack) tables(t *testing.T, ctx context.Context) []place {
	t.Helper()
	conn, err := pgx.Connect(ctx, s.database)
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

func (l *recordedStack) exec(t *testing.T, ctx context.Context, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(ctx, l.database)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql, args...)
	require.NoError(t, err)
}

// text returns everything that spans hold.
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
