package mail_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/internal/item"
	"relink/internal/mail"
	"relink/internal/mailing"
	"relink/internal/wording"
)

func TestRender_headersNameTheMailAndAskForNoAutomaticReply(t *testing.T) {
	t.Parallel()
	n := reminder()
	n.Date = noon.In(time.FixedZone("elsewhere", -5*3600))
	h := render(t, n).header
	require.Equal(t, "<0af1.1.reminder-1@connect.example.com>", h.Get("Message-ID"))
	require.Equal(t, "Thu, 19 Nov 2026 12:00:00 +0000", h.Get("Date"))
	require.Equal(t, "auto-generated", h.Get("Auto-Submitted"))
	require.Equal(t, "All", h.Get("X-Auto-Response-Suppress"))
	require.Equal(t, "<jane.doe@bluebottle.example>", h.Get("To"), "the person's name stands in the greeting only")
	from, err := h.AddressList("From")
	require.NoError(t, err)
	require.Equal(t, "Acme Capital", from[0].Name)
	require.Equal(t, "mail@acme.example", from[0].Address)
	for _, absent := range []string{"In-Reply-To", "User-Agent", "X-Mailer"} {
		require.Empty(t, h.Get(absent), absent)
	}
}

func TestRender_showsNamesAsTheyAreAndNeverRunsThem(t *testing.T) {
	t.Parallel()
	n := reminder(broken("Bänk & <script>alert(1)</script>", item.MFA))
	n.Merchant.BusinessName = "<b>Café & Co"
	n.Merchant.ContactName = "Zoë {bank}\nBcc: eve@example.com"
	r := render(t, n)
	require.Contains(t, r.html, "&lt;b&gt;Café &amp; Co")
	require.NotContains(t, r.html, "<script")
	require.Contains(t, r.visible, "<b>Café & Co")
	require.Contains(t, r.text, "<b>Café & Co")
	require.Contains(t, r.text, "Hello Zoë {bank} Bcc: eve@example.com,\n")
	require.Equal(t, "Action needed: reconnect Bänk & <script>alert(1)</script>", r.subject)
	require.Empty(t, r.header.Get("Bcc"))
}

func TestRender_markupLoadsNothingAndFitsAPhone(t *testing.T) {
	t.Parallel()
	r := render(t, reminder())
	require.NotRegexp(t, `(?i)<img|<script|<link|url\(|@import|src=`, r.html, "nothing to load, so nothing to track with")
	require.Less(t, len(r.html), 102<<10, "Gmail cuts a mail off at 102 kB")
	tree, err := html.Parse(strings.NewReader(r.html))
	require.NoError(t, err)
	for n := range tree.Descendants() {
		if n.Type == html.ElementNode {
			require.NotRegexp(t, `^\d{3,}(px)?$`, attribute(n, "width"), "fixed width on <%s>", n.Data)
			require.NotRegexp(t, `(^|;)(min-)?width:\d{3,}px`, attribute(n, "style"), "fixed width on <%s>", n.Data)
		}
	}
	require.Contains(t, r.html, "padding:15px 20px;font-size:16px;line-height:22px", "the button is 15+22+15 = 52 px tall")
}

func TestRender_sameContentIsTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, n := range []mailing.Content{reminder(), reconnected(), awkward(), expires(ending("Tartan Bank", item.Migration))} {
		first, err := mailer(t, offline).Render(n)
		require.NoError(t, err)
		m := mailer(t, offline)
		for range 20 {
			again, err := m.Render(n)
			require.NoError(t, err)
			require.Equal(t, string(first), string(again))
		}
	}
}

// renderAndExit tells the test binary to render one mail instead of running tests.
const renderAndExit = "MAIL_TEST_RENDER"

func awkward() mailing.Content {
	soon := ending("Tartan Bank", item.ConsentExpiring)
	soon.EndsAt = noon.Add(8 * time.Hour) // tomorrow already, in Tokyo
	n := reminder(broken("Bänk & Söhne", item.AccountsMissing), broken("Tartan Bank", item.ConsentRevoked), soon)
	n.Merchant.BusinessName = strings.Repeat("Größe & Länge ", 12)
	n.Date, n.Merchant.TimeZone = noon.Local(), "Local"
	return n
}

func TestMain(m *testing.M) {
	if os.Getenv(renderAndExit) == "" {
		os.Exit(m.Run())
	}
	renderer, err := mail.New(mail.Options{URL: offline, From: sender})
	if err != nil {
		panic(err)
	}
	raw, err := renderer.Render(awkward())
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.Write(raw); err != nil {
		panic(err)
	}
}

func TestRender_anotherProcessElsewhereMakesTheSameBytes(t *testing.T) {
	t.Parallel()
	here, err := mailer(t, offline).Render(awkward())
	require.NoError(t, err)
	for _, zone := range []string{"Asia/Tokyo", "America/New_York"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), renderAndExit+"=1", "TZ="+zone, "LANG=de_DE.UTF-8")
		var there, trouble bytes.Buffer
		cmd.Stdout, cmd.Stderr = &there, &trouble
		require.NoError(t, cmd.Run(), trouble.String())
		require.Equal(t, string(here), there.String())
	}
}

func TestRender_otherContentIsOtherBytes(t *testing.T) {
	t.Parallel()
	first, err := mailer(t, offline).Render(reminder())
	require.NoError(t, err)
	n := reminder()
	n.MessageID = "0af1.1.reminder-2@connect.example.com"
	second, err := mailer(t, offline).Render(n)
	require.NoError(t, err)
	require.NotEqual(t, boundaryOf(t, first), boundaryOf(t, second))
}

func boundaryOf(t *testing.T, raw []byte) string {
	t.Helper()
	_, after, found := strings.Cut(string(raw), "boundary=")
	require.True(t, found)
	line, _, _ := strings.Cut(after, "\r\n")
	return line
}

func TestRender_refusesContentThatCannotBecomeAMail(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*mailing.Content){
		"no connection":      func(n *mailing.Content) { n.Connections = nil },
		"no deep link":       func(n *mailing.Content) { n.DeepLink = "" },
		"link runs a script": func(n *mailing.Content) { n.DeepLink = "javascript:alert(1)" },
		"unknown kind":       func(n *mailing.Content) { n.Kind = "newsletter" },
		"no Message-ID":      func(n *mailing.Content) { n.MessageID = "" },
		"Message-ID injects": func(n *mailing.Content) { n.MessageID = "a@b>\r\nBcc: <eve@example.com" },
		"no date":            func(n *mailing.Content) { n.Date = time.Time{} },
		"no address":         func(n *mailing.Content) { n.Merchant.Email = "jane.doe at bluebottle" },
	} {
		n := reminder()
		spoil(&n)
		_, err := mailer(t, offline).Render(n)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "jane", name)
	}
}

func TestRender_sameContentIsTheSameBytesInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		for kind, n := range kinds(item.Migration) {
			first, err := mailer(t, offline).Render(in(l, n))
			require.NoError(t, err)
			again, err := mailer(t, offline).Render(in(l, n))
			require.NoError(t, err)
			require.Equal(t, string(first), string(again), "%s, %s", l, kind)
		}
	}
}

func TestRender_reminderCanBeEndedByOneClick(t *testing.T) {
	t.Parallel()
	n := kinds(item.Credentials)["reminder"]
	r := render(t, n)
	require.Equal(t, "<"+unsubscribe+">", r.header.Get("List-Unsubscribe"))
	require.Equal(t, "List-Unsubscribe=One-Click", r.header.Get("List-Unsubscribe-Post"), "RFC 8058")
	require.Equal(t, []string{deepLink, deepLink, unsubscribe}, r.links, "one button, the same address to copy, and the way out")
	require.Contains(t, r.text, "Stop these reminders:\n"+unsubscribe+"\n")

	thanks := render(t, kinds(item.Credentials)["thanks"]).header
	require.Empty(t, thanks.Get("List-Unsubscribe"))
	require.Empty(t, thanks.Get("List-Unsubscribe-Post"))
	n.Unsubscribe = "mailto:stop@example.com"
	_, err := mailer(t, offline).Render(n)
	require.Error(t, err)
}

func TestRender_longUnsubscribeLinkStaysWhole(t *testing.T) {
	t.Parallel()
	n := reminder()
	n.Unsubscribe = "https://connect.example.com/unsubscribe/" + strings.Repeat("aB3_", 100)
	require.Equal(t, "<"+n.Unsubscribe+">", render(t, n).header.Get("List-Unsubscribe"))
}

func TestRender_mailsOfAnIncidentAreOneThread(t *testing.T) {
	t.Parallel()
	n := reminder()
	n.ThreadID = "0af1.1.reminder-0@connect.example.com"
	h := render(t, n).header
	require.Equal(t, "<0af1.1.reminder-0@connect.example.com>", h.Get("In-Reply-To"))
	require.Equal(t, h.Get("In-Reply-To"), h.Get("References"))

	n.ThreadID = "a@b>\r\nBcc: <eve@example.com"
	_, err := mailer(t, offline).Render(n)
	require.Error(t, err)
}

func TestRender_noAddressSaysPlaid(t *testing.T) {
	t.Parallel()
	for kind, n := range kinds(item.Credentials) {
		r := render(t, n)
		for _, link := range append(r.links, r.header.Get("List-Unsubscribe"), r.header.Get("Message-ID")) {
			require.NotContains(t, strings.ToLower(link), "plaid", kind)
		}
	}
}
