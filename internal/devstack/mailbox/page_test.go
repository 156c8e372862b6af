package mailbox_test

import (
	"net/http"
	"net/smtp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail"
)

func TestPage_escapesEverythingOfAMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const attack = `<script>alert(1)</script>`
	msg := mail.NewMsg()
	require.NoError(t, msg.FromFormat(attack, "a@example.com"))
	require.NoError(t, msg.AddToFormat(attack, "b@example.com"))
	msg.Subject(attack)
	msg.SetMessageIDWithValue("x" + attack + "@x")
	msg.SetBodyString(mail.TypeTextPlain, attack+"\nhttps://example.com/?q=\"onmouseover=alert(1) javascript:alert(1)")
	msg.AddAlternativeString(mail.TypeTextHTML, `<p>`+attack+`</p>`)
	require.NoError(t, b.send(t, msg))
	var page messages
	b.getJSON(t, "/api/v1/messages", &page)

	for _, path := range []string{"/", "/view/" + page.Messages[0].ID} {
		resp, body := b.get(t, path)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.NotContains(t, body, attack, path)
		require.Contains(t, body, "&lt;script&gt;", path)
		require.NotContains(t, body, `href="javascript:`)
		require.NotContains(t, body, `"onmouseover`)
		require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
		require.NotContains(t, resp.Header.Get("Content-Security-Policy"), "unsafe")
		require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	}
}

func TestPage_sandboxesTheHTMLOfAMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.send(t, letter(t, "h@x")))
	var page messages
	b.getJSON(t, "/api/v1/messages", &page)
	id := page.Messages[0].ID

	_, view := b.get(t, "/view/"+id)
	require.Contains(t, view, `src="/view/`+id+`/html" sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	link := `<a href="https://relink.example.com/relink/abc?x=1&amp;y=2" target="_blank"`
	require.Contains(t, view, link, "the text part's link works, without the full stop")

	resp, html := b.get(t, "/view/"+id+"/html")
	policy := resp.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "sandbox allow-popups")
	require.NotContains(t, policy, "allow-scripts")
	require.NotContains(t, policy, "allow-same-origin")
	require.Contains(t, policy, "default-src 'none'")
	require.Equal(t, strings.Replace(htmlText, "<head>", `<head><base target="_blank">`, 1), html)
}

func TestPage_listsMailsNewestFirstAndRefreshesItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, empty := b.get(t, "/")
	require.Contains(t, empty, "No mail yet")
	for _, subject := range []string{"first subject", "second subject"} {
		msg := letter(t, "x@x")
		msg.Subject(subject)
		require.NoError(t, b.send(t, msg))
	}
	_, body := b.get(t, "/")
	require.Contains(t, body, "2 mails")
	require.Less(t, strings.Index(body, "second subject"), strings.Index(body, "first subject"))
	require.Contains(t, body, `<script src="/mailbox.js"`)
	for path, contentType := range map[string]string{"/mailbox.js": "text/javascript", "/mailbox.css": "text/css"} {
		resp, asset := b.get(t, path)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Contains(t, resp.Header.Get("Content-Type"), contentType)
		require.NotEmpty(t, asset)
	}
	for _, path := range []string{"/livez", "/readyz"} {
		resp, _ := b.get(t, path)
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}

func TestMessage_keepsAndShowsBrokenMails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ raw, subject, text, html string }{
		"no header at all": {"just words\r\n", "", "just words", ""},
		"no content type":  {"Subject: s\r\n\r\nhello\r\n", "s", "hello", ""},
		"HTML only":        {"Subject: s\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n", "s", "", "<p>x</p>"},
		"Latin-1": {
			"Subject: =?iso-8859-1?q?M=FCller?=\r\nContent-Type: text/plain; charset=iso-8859-1\r\n" +
				"Content-Transfer-Encoding: quoted-printable\r\n\r\nZo=EB\r\n", "Müller", "Zoë", "",
		},
		"bytes that are no text": {"Subject: a\xffb\r\n\r\n\xfe\xff\r\n", "a\uFFFDb", "\uFFFD", ""},
		"boundary missing":       {"Subject: s\r\nContent-Type: multipart/alternative\r\n\r\nx\r\n", "s", "", ""},
		"multipart cut off": {
			"Subject: s\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
				"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n", "s", "hello", "",
		},
		"base64 cut off": {"Subject: s\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8gd29yb\r\n", "s", "hello wor", ""},
		"parts within parts": {
			"Subject: s\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" +
				"--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
				"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n" +
				"--b\r\nContent-Type: text/html\r\n\r\n<b>h</b>\r\n--b--\r\n--a--\r\n", "s", "plain", "<b>h</b>",
		},
		"addresses that are none": {"From: @@@\r\nTo: undisclosed\r\nSubject: s\r\n\r\nx\r\n", "s", "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			require.NoError(t, smtp.SendMail("127.0.0.1:"+strconv.Itoa(b.port), nil, "a@example.com", []string{"b@example.com"}, []byte(tc.raw)))
			var full fullMessage
			b.getJSON(t, "/api/v1/message/latest", &full)
			require.Equal(t, tc.subject, full.Subject)
			require.Equal(t, tc.text, strings.TrimSpace(full.Text))
			require.Equal(t, tc.html, strings.TrimSpace(full.HTML))
			require.Equal(t, "a@example.com", full.ReturnPath)
			for _, path := range []string{"/", "/view/" + full.ID, "/api/v1/message/" + full.ID + "/headers"} {
				resp, body := b.get(t, path)
				require.Equal(t, http.StatusOK, resp.StatusCode, body)
			}
		})
	}
}
