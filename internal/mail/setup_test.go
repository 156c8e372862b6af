package mail_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mail"
	"relink/internal/mailing"
	"relink/internal/wording"
)

const sender = "Acme Capital <mail@acme.example>"

const deepLink = "https://connect.example.com/relink/cPnQ1v9o1mI7LqjdWgAu0mEtbWVyY2hhbnQ"

const offline = "smtp://localhost:2525?starttls=off"

const unsubscribe = "https://connect.example.com/unsubscribe/dW5zdWJzY3JpYmUgbWVyY2hhbnQ"

var noon = time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)

func mailer(t *testing.T, url string) *mail.Mailer {
	t.Helper()
	m, err := mail.New(mail.Options{URL: url, From: sender})
	require.NoError(t, err)
	return m
}

func reminder(connections ...mailing.Connection) mailing.Content {
	if len(connections) == 0 {
		connections = []mailing.Connection{broken("First Platypus Bank", item.Credentials)}
	}
	return mailing.Content{
		MessageID: "0af1.1.reminder-1@connect.example.com", Date: noon, Kind: item.Reminder,
		Merchant:    enrolment.Merchant{ID: "m1", BusinessName: "Blue Bottle", ContactName: "Jane Doe", Email: "jane.doe@bluebottle.example"},
		Connections: connections, DeepLink: deepLink,
	}
}

func reconnected(connections ...mailing.Connection) mailing.Content {
	n := reminder(connections...)
	n.Kind, n.DeepLink = item.Reconnected, ""
	return n
}

func broken(bank string, cause item.Cause) mailing.Connection {
	return mailing.Connection{
		ID: item.ID("id of " + bank), Institution: bank, State: item.LoginRequired, Cause: cause, BrokenSince: noon.Add(-time.Minute),
	}
}

func expires(connections ...mailing.Connection) mailing.Content {
	n := reminder(connections...)
	n.Kind = item.Expires
	return n
}

// ending returns a connection that still works and ends at noon of the tenth day from now.
func ending(bank string, cause item.Cause) mailing.Connection {
	return mailing.Connection{
		ID: item.ID("id of " + bank), Institution: bank, State: item.Expiring, Cause: cause,
		BrokenSince: noon.Add(-5 * 24 * time.Hour), EndsAt: noon.Add(10 * 24 * time.Hour),
	}
}

// everywhere returns every state that needs the merchant, with every cause that the rules allow.
func everywhere() []mailing.Connection {
	all := []mailing.Connection{ending("Tartan Bank", item.ConsentExpiring), ending("Tartan Bank", item.Migration)}
	for _, code := range item.ErrorCodes() {
		for _, reason := range []string{"", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED"} {
			if m, _ := item.ClassOf(code, reason); m.State.NeedsMerchant() {
				c := broken("Tartan Bank", m.Cause)
				c.State = m.State
				all = append(all, c)
			}
		}
	}
	return all
}

// read is a mail as a mail program reads it.
type read struct {
	header  netmail.Header
	subject string
	text    string
	html    string // the markup
	visible string // what the markup shows
	links   []string
}

func receive(t *testing.T, raw []byte) read {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	parts := multipart.NewReader(m.Body, params["boundary"]) // undoes quoted-printable
	r := read{header: m.Header}
	r.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(t, err)
	r.text = nextPart(t, parts, "text/plain")
	r.html = nextPart(t, parts, "text/html")
	_, err = parts.NextPart()
	require.ErrorIs(t, err, io.EOF)
	tree, err := html.Parse(strings.NewReader(r.html))
	require.NoError(t, err)
	for n := range tree.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title":
			r.visible += " " + n.Data
		case n.Type == html.ElementNode && n.Data == "a":
			r.links = append(r.links, attribute(n, "href"))
		}
	}
	r.visible = strings.Join(strings.Fields(r.visible), " ")
	return r
}

func nextPart(t *testing.T, parts *multipart.Reader, want string) string {
	t.Helper()
	part, err := parts.NextPart()
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, want, kind)
	require.Equal(t, "utf-8", strings.ToLower(params["charset"]))
	body, err := io.ReadAll(part)
	require.NoError(t, err)
	return strings.ReplaceAll(string(body), "\r\n", "\n")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// causes returns all constants of type item.Cause. It reads them from the source, so that a new one cannot be forgotten
// here.
func causes(t *testing.T) []item.Cause {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../item/state.go", nil, 0)
	require.NoError(t, err)
	var all []item.Cause
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Cause" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			all = append(all, item.Cause(value))
		}
		return true
	})
	require.Contains(t, all, item.Credentials)
	require.Contains(t, all, item.Gone)
	return all
}

// jargon lists words that no mail may show.
var jargon = regexp.MustCompile(`(?i)\b(items?|tokens?|oauth|webhooks?|plaid|incidents?|credentials|mfa)\b`)

func render(t *testing.T, n mailing.Content) read {
	t.Helper()
	raw, err := mailer(t, offline).Render(n)
	require.NoError(t, err)
	return receive(t, raw)
}

// kinds returns the content of every kind of mail.
func kinds(cause item.Cause) map[string]mailing.Content {
	one, two := broken("Tartan Bank", cause), broken("Houndstooth Bank", item.MFA)
	soon, later := ending("Tartan Bank", cause), ending("Houndstooth Bank", item.Migration)
	all := map[string]mailing.Content{
		"reminder": reminder(one), "reminder of two": reminder(one, two), "expiring": expires(soon), "expiring, two": expires(soon, later),
		"both": reminder(one, later), "thanks": reconnected(one), "thanks for two": reconnected(one, two),
	}
	for kind, n := range all {
		if n.Kind.Reminds() {
			n.Unsubscribe = unsubscribe
			all[kind] = n
		}
	}
	return all
}

func in(l wording.Locale, n mailing.Content) mailing.Content {
	n.Merchant.Locale, n.Merchant.TimeZone = string(l)+"-XX", "America/New_York"
	return n
}
