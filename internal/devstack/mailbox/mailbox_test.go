package mailbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail"
	"go.uber.org/goleak"

	"relink/internal/devstack/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is a mailbox that serves on ports of its own.
type bundle struct {
	box  *mailbox.Mailbox
	url  string
	port int
	web  *http.Client
}

func setup(t *testing.T) bundle {
	t.Helper()
	return setupWith(t, mailbox.Options{})
}

func setupWith(t *testing.T, opts mailbox.Options) bundle {
	t.Helper()
	smtpListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	httpListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	box := mailbox.New(opts)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- box.Serve(ctx, smtpListener, httpListener) }()
	web := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	t.Cleanup(func() {
		web.CloseIdleConnections()
		stop()
		require.NoError(t, <-served)
	})
	return bundle{
		box:  box,
		url:  "http://" + httpListener.Addr().String(),
		port: smtpListener.Addr().(*net.TCPAddr).Port,
		web:  web,
	}
}

const plainText = "Hallo Zoë,\n\nplease reconnect First Platypus Bank:\nhttps://relink.example.com/relink/abc?x=1&y=2.\n"

const htmlText = `<!doctype html><html><head><title>t</title></head><body><p>Hallo Zoë, ` +
	`<a href="https://relink.example.com/relink/abc">reconnect</a></p></body></html>`

func letter(t *testing.T, messageID string) *mail.Msg {
	t.Helper()
	msg := mail.NewMsg()
	require.NoError(t, msg.FromFormat("Café Ünïcode GmbH", "relink@example.com"))
	require.NoError(t, msg.AddToFormat("Zoë Müller", "zoe@bluebottle.example"))
	require.NoError(t, msg.ReplyTo("help@example.com"))
	msg.Subject("Blue Bottle ☕: bitte First Platypus Bank neu verbinden")
	msg.SetMessageIDWithValue(messageID)
	msg.SetGenHeader("List-Unsubscribe", "<mailto:stop@example.com>, <https://example.com/stop>")
	msg.SetBodyString(mail.TypeTextPlain, plainText)
	msg.AddAlternativeString(mail.TypeTextHTML, htmlText)
	return msg
}

func (b bundle) send(t *testing.T, msg *mail.Msg, opts ...mail.Option) error {
	t.Helper()
	opts = append([]mail.Option{mail.WithPort(b.port), mail.WithTLSPolicy(mail.NoTLS), mail.WithHELO("test.example")}, opts...)
	client, err := mail.NewClient("127.0.0.1", opts...)
	require.NoError(t, err)
	return client.DialAndSendWithContext(t.Context(), msg)
}

func (b bundle) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path, nil)
	require.NoError(t, err)
	resp, err := b.web.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func (b bundle) getJSON(t *testing.T, path string, into any) {
	t.Helper()
	resp, body := b.get(t, path)
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.NoError(t, json.Unmarshal([]byte(body), into))
}

type address struct{ Name, Address string }

type messages struct {
	Total         int `json:"total"`
	Unread        int `json:"unread"`
	Count         int `json:"count"`
	MessagesCount int `json:"messages_count"`
	Start         int `json:"start"`
	Messages      []struct {
		ID, MessageID, Subject, Snippet, Username string
		Read                                      bool
		From                                      address
		To, Cc, Bcc, ReplyTo                      []address
		Created                                   time.Time
		Size, Attachments                         int
		Tags                                      []string
	} `json:"messages"`
}

type fullMessage struct {
	ID, MessageID, Subject, Text, HTML, ReturnPath string
	From                                           address
	To, Cc, Bcc, ReplyTo                           []address
	Date                                           time.Time
	Size                                           int
	ListUnsubscribe                                struct {
		Header string
		Links  []string
	}
	Inline, Attachments []struct {
		PartID, FileName, ContentType, ContentID string
		Size                                     int
	}
}

func TestHandler_showsAMailSentOverSMTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sent := letter(t, "m-1.slot-3@relink.example.com")
	date := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	sent.SetDateWithValue(date)
	require.NoError(t, b.send(t, sent))

	var page messages
	b.getJSON(t, "/api/v1/messages", &page)
	require.Equal(t, 1, page.Total)
	require.Equal(t, 1, page.Unread)
	require.Equal(t, 1, page.Count)
	require.Equal(t, 1, page.MessagesCount)
	require.Len(t, page.Messages, 1)
	summary := page.Messages[0]
	require.Equal(t, "m-1.slot-3@relink.example.com", summary.MessageID, "no angle brackets")
	require.Equal(t, "Blue Bottle ☕: bitte First Platypus Bank neu verbinden", summary.Subject)
	require.Equal(t, address{"Café Ünïcode GmbH", "relink@example.com"}, summary.From)
	require.Equal(t, []address{{"Zoë Müller", "zoe@bluebottle.example"}}, summary.To)
	require.Equal(t, []address{{"", "help@example.com"}}, summary.ReplyTo)
	require.Empty(t, summary.Cc)
	require.Empty(t, summary.Bcc)
	require.False(t, summary.Read)
	require.WithinDuration(t, time.Now(), summary.Created, time.Minute)
	require.Equal(t, "Hallo Zoë, please reconnect First Platypus Bank: https://relink.example.com/relink/abc?x=1&y=2.", summary.Snippet)
	require.NotZero(t, summary.Size)

	var full fullMessage
	b.getJSON(t, "/api/v1/message/"+summary.ID, &full)
	require.Equal(t, summary.ID, full.ID)
	require.Equal(t, summary.MessageID, full.MessageID)
	require.Equal(t, plainText, full.Text)
	require.Equal(t, htmlText, full.HTML)
	require.Equal(t, "relink@example.com", full.ReturnPath)
	require.Equal(t, date, full.Date.UTC())
	require.Equal(t, summary.Size, full.Size)
	require.Equal(t, []string{"mailto:stop@example.com", "https://example.com/stop"}, full.ListUnsubscribe.Links)
	require.Empty(t, full.Attachments)

	var headers map[string][]string
	b.getJSON(t, "/api/v1/message/"+summary.ID+"/headers", &headers)
	require.Equal(t, []string{"<m-1.slot-3@relink.example.com>"}, headers["Message-Id"])
	require.Contains(t, headers["Content-Type"][0], "multipart/alternative")

	resp, raw := b.get(t, "/api/v1/message/"+summary.ID+"/raw")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Len(t, raw, full.Size)
	require.Contains(t, raw, "Message-ID: <m-1.slot-3@relink.example.com>\r\n")

	b.getJSON(t, "/api/v1/messages", &page)
	require.Equal(t, 0, page.Unread, "reading marks as read")
	require.True(t, page.Messages[0].Read)
}

func TestDeliver_keepsEveryMailOfOneMessageID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		require.NoError(t, b.send(t, letter(t, "same@relink.example.com")))
	}
	var page messages
	b.getJSON(t, "/api/v1/messages", &page)
	require.Equal(t, 3, page.Total)
	ids := map[string]bool{}
	for _, m := range page.Messages {
		require.Equal(t, "same@relink.example.com", m.MessageID)
		ids[m.ID] = true
	}
	require.Len(t, ids, 3, "each has an id of its own")
}

func TestListMessages_isNewestFirstAndPaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		require.NoError(t, b.send(t, letter(t, fmt.Sprintf("%d@x", i))))
	}
	for _, tc := range []struct {
		query string
		want  []string
	}{
		{"", []string{"4@x", "3@x", "2@x", "1@x", "0@x"}},
		{"?limit=2", []string{"4@x", "3@x"}},
		{"?start=2&limit=2", []string{"2@x", "1@x"}},
		{"?start=4", []string{"0@x"}},
		{"?start=9", nil},
		{"?limit=0", nil},
	} {
		var page messages
		b.getJSON(t, "/api/v1/messages"+tc.query, &page)
		var got []string
		for _, m := range page.Messages {
			got = append(got, m.MessageID)
		}
		require.Equal(t, tc.want, got, tc.query)
		require.Equal(t, 5, page.Total)
		require.Equal(t, len(tc.want), page.Count)
	}
	var latest fullMessage
	b.getJSON(t, "/api/v1/message/latest", &latest)
	require.Equal(t, "4@x", latest.MessageID)

	for _, query := range []string{"?start=-1", "?limit=x"} {
		resp, _ := b.get(t, "/api/v1/messages"+query)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, query)
	}
}

func TestListMessages_emptyListIsNotNull(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, body := b.get(t, "/api/v1/messages")
	require.JSONEq(t, `{"total":0,"unread":0,"count":0,"messages_count":0,"messages_unread":0,"start":0,"tags":[],"messages":[]}`, body)
}

func TestHandler_unknownMessageIsNotFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{
		"/api/v1/message/x", "/api/v1/message/latest", "/api/v1/message/x/headers", "/api/v1/message/x/raw",
		"/view/x", "/view/x/html", "/nothing",
	} {
		resp, _ := b.get(t, path)
		require.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
}

func TestHandler_showsAttachmentsAndHiddenRecipients(t *testing.T) {
	t.Parallel()
	b := setup(t)
	msg := letter(t, "a@x")
	require.NoError(t, msg.Bcc("audit@example.com"))
	require.NoError(t, msg.AttachReader("Überblick.pdf", strings.NewReader("%PDF-1.7")))
	require.NoError(t, b.send(t, msg))

	var full fullMessage
	b.getJSON(t, "/api/v1/message/latest", &full)
	require.Equal(t, plainText, full.Text)
	require.Equal(t, htmlText, full.HTML)
	require.Equal(t, []address{{"", "audit@example.com"}}, full.Bcc)
	require.Len(t, full.Attachments, 1)
	require.Equal(t, "Überblick.pdf", full.Attachments[0].FileName)
	require.Equal(t, len("%PDF-1.7"), full.Attachments[0].Size)
	var page messages
	b.getJSON(t, "/api/v1/messages", &page)
	require.Equal(t, 1, page.Messages[0].Attachments)
}

func TestSMTP_acceptsAnyPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, auth := range []mail.SMTPAuthType{mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc} {
		require.NoError(t, b.send(t, letter(t, string(auth)+"@x"),
			mail.WithSMTPAuth(auth), mail.WithUsername("user"), mail.WithPassword("anything")))
		var page messages
		b.getJSON(t, "/api/v1/messages?limit=1", &page)
		require.Equal(t, string(auth)+"@x", page.Messages[0].MessageID)
		require.Equal(t, "user", page.Messages[0].Username)
	}
}

func TestServe_endsWithItsContextWhileAClientIsConnected(t *testing.T) {
	t.Parallel()
	smtpListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	httpListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- mailbox.New(mailbox.Options{}).Serve(ctx, smtpListener, httpListener) }()

	client, err := net.Dial("tcp", smtpListener.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	greeting := make([]byte, 4)
	_, err = io.ReadFull(client, greeting)
	require.NoError(t, err)
	require.Equal(t, "220 ", string(greeting))
	stop()
	require.NoError(t, <-served)
	_, err = net.Dial("tcp", smtpListener.Addr().String())
	require.Error(t, err, "the port is free again")
}
