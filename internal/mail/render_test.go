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
)

const offline = "smtp://localhost:2525?starttls=off"

func render(t *testing.T, n item.Notice) read {
	t.Helper()
	raw, err := mailer(t, offline).Render(n)
	require.NoError(t, err)
	return receive(t, raw)
}

func TestAReminderSaysWhichBankWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	r := render(t, reminder())
	require.Equal(t, "Action needed: reconnect First Platypus Bank", r.subject)
	for _, said := range []string{r.text, r.visible} {
		require.Contains(t, said, "Hello Jane Doe,")
		require.Contains(t, said, "Blue Bottle")
		require.Contains(t, said, "First Platypus Bank stopped accepting the saved sign-in.")
		require.Contains(t, said, "What to do:")
		require.Contains(t, said, "What will work again:")
		require.Contains(t, said, "7 days")
		require.Contains(t, said, deepLink)
	}
	require.Equal(t, []string{deepLink, deepLink}, r.links, "the button and the address to copy, nothing else")
}

func TestTheThanksSaysThatNothingIsLeftToDo(t *testing.T) {
	t.Parallel()
	r := render(t, reconnected())
	require.Equal(t, "First Platypus Bank is connected again", r.subject)
	for _, said := range []string{r.text, r.visible} {
		require.Contains(t, said, "Thank you.")
		require.Contains(t, said, "What works again:")
		require.Contains(t, said, "nothing left for you to do")
		require.NotContains(t, said, "http")
	}
	require.Empty(t, r.links)
}

func TestHeadersNameTheNoticeAndAskForNoAutomaticAnswer(t *testing.T) {
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

func TestSeveralBrokenConnectionsAreListedUnderOneLink(t *testing.T) {
	t.Parallel()
	r := render(t, reminder(
		broken("First Platypus Bank", item.Credentials), broken("Tartan Bank", item.ConsentExpired), broken("Houndstooth Bank", item.BankAction),
	))
	require.Equal(t, "Action needed: reconnect 3 bank connections", r.subject)
	for _, said := range []string{r.text, r.visible} {
		for _, bank := range []string{"First Platypus Bank", "Tartan Bank", "Houndstooth Bank"} {
			require.Contains(t, said, bank)
		}
		require.Contains(t, said, "The permission you gave at Tartan Bank has run out.")
		require.Contains(t, said, "do what it asks for")
		require.Equal(t, 3, strings.Count(said, "What to do:"))
	}
	require.Equal(t, 1, strings.Count(r.text, deepLink))
}

func TestEveryCauseHasItsOwnWords(t *testing.T) {
	t.Parallel()
	unknown := render(t, reminder(broken("Tartan Bank", "a cause of tomorrow")))
	require.Contains(t, unknown.text, "Tartan Bank stopped sharing your account.")
	seen := map[string]item.Cause{unknown.text: "a cause of tomorrow"}
	for _, cause := range causes(t) {
		r := render(t, reminder(broken("Tartan Bank", cause)))
		require.NotContains(t, seen, r.text, "%s and %s read the same", cause, seen[r.text])
		seen[r.text] = cause
		require.Contains(t, r.visible, "What to do:")
	}
}

func TestNoStateAndCauseThatTheRulesKnowIsLeftToGeneralWords(t *testing.T) {
	t.Parallel()
	for _, c := range everywhere() {
		unknown := c
		unknown.Cause = "a cause of tomorrow"
		require.NotEqual(t, render(t, reminder(unknown)).text, render(t, reminder(c)).text, "%s, %s", c.State, c.Cause)
	}
}

func TestAConnectionThatEndsIsToldUntilWhenItWorks(t *testing.T) {
	t.Parallel()
	n := expires(ending("Tartan Bank", item.ConsentExpiring))
	n.Merchant.TimeZone = "America/New_York"
	r := render(t, n)
	require.Equal(t, "Renew Tartan Bank: your connection ends on Sunday, November 29", r.subject)
	for _, said := range []string{r.text, r.visible} {
		require.Contains(t, said, "The bank connection of Blue Bottle ends on Sunday, November 29. Renew it now: nothing stops until then.")
		require.Contains(t, said, "The permission you gave at Tartan Bank runs out on Sunday, November 29.")
		require.Contains(t, said, "What to do:")
		require.Contains(t, said, "What goes on working:")
		require.NotContains(t, said, "Nothing has come in", "it works")
		require.NotContains(t, said, "has stopped")
	}
	require.Equal(t, []string{deepLink, deepLink}, r.links)

	unknown := ending("Tartan Bank", item.Migration)
	unknown.EndsAt = time.Time{}
	require.Equal(t, "Renew Tartan Bank: your connection ends soon", render(t, expires(unknown)).subject)
}

func TestTheDayOfAnEndIsTheMerchantsOwn(t *testing.T) {
	t.Parallel()
	c := ending("Tartan Bank", item.ConsentExpiring)
	c.EndsAt = time.Date(2026, 12, 1, 2, 30, 0, 0, time.UTC)
	for zone, day := range map[string]string{
		"America/New_York": "Monday, November 30", "Europe/Berlin": "Tuesday, December 1", "Pacific/Kiritimati": "Tuesday, December 1",
		"": "Tuesday, December 1", "Nowhere/Land": "Tuesday, December 1",
	} {
		n := expires(c)
		n.Merchant.TimeZone = zone
		require.Contains(t, render(t, n).text, "runs out on "+day+".", zone)
	}
}

func TestOneMailListsWhatHasStoppedAndWhatEnds(t *testing.T) {
	t.Parallel()
	one, two := broken("First Platypus Bank", item.Credentials), ending("Tartan Bank", item.Migration)
	for _, n := range []item.Notice{reminder(one, two), expires(two, one)} {
		r := render(t, n)
		require.Equal(t, "Action needed: 2 bank connections", r.subject)
		for _, said := range []string{r.text, r.visible} {
			require.Contains(t, said, "First Platypus Bank stopped accepting the saved sign-in.")
			require.Contains(t, said, "Tartan Bank is moving to a new way of signing in. The connection you have ends on Sunday, November 29.")
			require.Equal(t, 2, strings.Count(said, "What to do:"))
		}
		require.Equal(t, 1, strings.Count(r.text, deepLink))
	}
	require.Equal(t, "Renew 2 bank connections before they end", render(t, expires(two, ending("Houndstooth Bank", item.ConsentExpiring))).subject)
}

func TestAMerchantReadsNoJargon(t *testing.T) {
	t.Parallel()
	var notices []item.Notice
	for _, cause := range causes(t) {
		one, two := broken("Tartan Bank", cause), broken("Houndstooth Bank", cause)
		soon := ending("Tartan Bank", cause)
		notices = append(notices, reminder(one), reminder(one, two), reconnected(one), reconnected(one, two), expires(soon), expires(soon, soon), expires(soon, two))
	}
	for _, n := range notices {
		r := render(t, n)
		for _, said := range []string{r.subject, r.text, r.visible} {
			said = strings.ReplaceAll(said, deepLink, "")
			require.NotRegexp(t, jargon, said)
			require.NotContains(t, said, "{", "a placeholder was left")
			require.NotContains(t, said, string(n.Connections[0].ID))
		}
	}
}

func TestNamesAreShownAsTheyAreAndNeverRun(t *testing.T) {
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

func TestDaysWithoutDataAreCountedFromTheNotice(t *testing.T) {
	t.Parallel()
	since := func(d time.Duration) string {
		c := broken("Tartan Bank", item.Credentials)
		c.BrokenSince = noon.Add(-d)
		return render(t, reminder(c)).text
	}
	require.NotContains(t, since(23*time.Hour), "Nothing has come in")
	require.Contains(t, since(24*time.Hour), "Nothing has come in for a day.")
	require.Contains(t, since(9*24*time.Hour+time.Hour), "Nothing has come in for 9 days.")
	unknown := broken("Tartan Bank", item.Credentials)
	unknown.BrokenSince = time.Time{}
	require.NotContains(t, render(t, reminder(unknown)).text, "Nothing has come in")
}

func TestTheGreetingNeedsNoName(t *testing.T) {
	t.Parallel()
	n := reminder()
	n.Merchant.ContactName = " "
	require.Contains(t, render(t, n).text, "\nHello,\n")
}

func TestTheMarkupLoadsNothingAndFitsAPhone(t *testing.T) {
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

func TestTheSameNoticeIsTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, n := range []item.Notice{reminder(), reconnected(), awkward(), expires(ending("Tartan Bank", item.Migration))} {
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

// renderAndExit tells the test binary to render one notice instead of running tests.
const renderAndExit = "MAIL_TEST_RENDER"

func awkward() item.Notice {
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

func TestAnotherProcessElsewhereMakesTheSameBytes(t *testing.T) {
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

func TestAnotherNoticeIsOtherBytes(t *testing.T) {
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

func TestANoticeThatCannotBecomeAMailIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*item.Notice){
		"no connection":      func(n *item.Notice) { n.Connections = nil },
		"no deep link":       func(n *item.Notice) { n.DeepLink = "" },
		"link runs a script": func(n *item.Notice) { n.DeepLink = "javascript:alert(1)" },
		"unknown kind":       func(n *item.Notice) { n.Kind = "newsletter" },
		"no Message-ID":      func(n *item.Notice) { n.MessageID = "" },
		"Message-ID injects": func(n *item.Notice) { n.MessageID = "a@b>\r\nBcc: <eve@example.com" },
		"no date":            func(n *item.Notice) { n.Date = time.Time{} },
		"no address":         func(n *item.Notice) { n.Merchant.Email = "jane.doe at bluebottle" },
	} {
		n := reminder()
		spoil(&n)
		_, err := mailer(t, offline).Render(n)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "jane", name)
	}
}
