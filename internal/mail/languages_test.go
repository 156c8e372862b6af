package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/internal/item"
	"relink/internal/mail"
	"relink/internal/wording"
)

const unsubscribe = "https://connect.example.com/unsubscribe/dW5zdWJzY3JpYmUgbWVyY2hhbnQ"

// kinds are a notice of every kind of mail there is.
func kinds(cause item.Cause) map[string]item.Notice {
	one, two := broken("Tartan Bank", cause), broken("Houndstooth Bank", item.MFA)
	soon, later := ending("Tartan Bank", cause), ending("Houndstooth Bank", item.Migration)
	all := map[string]item.Notice{
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

func in(l wording.Locale, n item.Notice) item.Notice {
	n.Merchant.Locale, n.Merchant.TimeZone = string(l)+"-XX", "America/New_York"
	return n
}

// langOf is the language that the markup says it is in.
func langOf(t *testing.T, markup string) string {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(markup))
	require.NoError(t, err)
	for n := range tree.Descendants() {
		if n.Data == "html" && n.Type == html.ElementNode {
			return attribute(n, "lang")
		}
	}
	return ""
}

func TestEveryKindOfMailReadsWellInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		for _, cause := range item.Causes() {
			for kind, n := range kinds(cause) {
				what := string(l) + ", " + kind + ", " + string(cause)
				r := render(t, in(l, n))
				require.Equal(t, string(l), langOf(t, r.html), what)
				require.Equal(t, string(l), r.header.Get("Content-Language"), what)
				for _, said := range []string{r.subject, r.text, r.visible} {
					said = strings.NewReplacer(deepLink, "", unsubscribe, "").Replace(said)
					require.NotRegexp(t, jargon, said, what)
					require.NotContains(t, said, "{", "%s: a placeholder was left", what)
				}
				if len(n.Connections) == 1 {
					require.Contains(t, r.subject, "Tartan Bank", what)
				}
				// What the text says, the markup says: filters compare the two.
				for line := range strings.SplitSeq(r.text, "\n") {
					line = strings.TrimSuffix(strings.Join(strings.Fields(line), " "), ":")
					if line != "--" && line != unsubscribe {
						require.Contains(t, r.visible, line, what)
					}
				}
			}
		}
	}
}

func TestNoLanguageBorrowsFromAnother(t *testing.T) {
	t.Parallel()
	for kind, n := range kinds(item.Credentials) {
		subjects, lines := map[string]wording.Locale{}, map[string]wording.Locale{}
		for _, l := range wording.Locales() {
			r := render(t, in(l, n))
			require.NotContains(t, subjects, r.subject, kind)
			subjects[r.subject] = l
			for line := range strings.SplitSeq(r.text, "\n") {
				if !strings.Contains(line, " ") || line == "Tartan Bank" || line == "Houndstooth Bank" {
					continue
				}
				require.NotContains(t, lines, line, "%s: %s and %s", kind, l, lines[line])
				lines[line] = l
			}
		}
	}
}

func TestTheDayOfAnEndIsInTheMerchantsLanguage(t *testing.T) {
	t.Parallel()
	for l, subject := range map[wording.Locale]string{
		wording.Spanish: "Renueve Tartan Bank: su conexión termina el domingo 29 de noviembre",
		wording.French:  "Renouvelez Tartan Bank\u00a0: votre connexion prend fin le dimanche 29 novembre",
		wording.German:  "Tartan Bank verlängern: Ihre Verbindung endet am 29. November (Sonntag)",
	} {
		n := in(l, expires(ending("Tartan Bank", item.ConsentExpiring)))
		require.Equal(t, subject, render(t, n).subject)
	}
}

func TestABankWithoutANameIsNamedInTheMerchantsLanguage(t *testing.T) {
	t.Parallel()
	for l, first := range map[wording.Locale]string{
		wording.English: "Your bank stopped accepting", wording.Spanish: "Su banco dejó de aceptar", wording.French: "Votre banque n’accepte plus",
		wording.German: "Ihre Bank nimmt die gespeicherte Anmeldung",
	} {
		for _, name := range []string{"", " ", item.UnnamedInstitution} {
			require.Contains(t, render(t, in(l, reminder(broken(name, item.Credentials)))).text, "\n"+first, "%s %q", l, name)
		}
	}
}

func TestTheSameNoticeIsTheSameBytesInEveryLanguage(t *testing.T) {
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

func TestAReminderCanBeEndedByOneClick(t *testing.T) {
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

func TestALongLinkToUnsubscribeComesWholeOutOfTheHeader(t *testing.T) {
	t.Parallel()
	n := reminder()
	n.Unsubscribe = "https://connect.example.com/unsubscribe/" + strings.Repeat("aB3_", 100)
	require.Equal(t, "<"+n.Unsubscribe+">", render(t, n).header.Get("List-Unsubscribe"))
}

func TestTheMailsOfAnIncidentAreOneThread(t *testing.T) {
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

func TestNoAddressInAMailSaysPlaid(t *testing.T) {
	t.Parallel()
	for kind, n := range kinds(item.Credentials) {
		r := render(t, n)
		for _, link := range append(r.links, r.header.Get("List-Unsubscribe"), r.header.Get("Message-ID")) {
			require.NotContains(t, strings.ToLower(link), "plaid", kind)
		}
	}
}

func TestOnlyTheServersOwnCodeMakesAnAddressABadOne(t *testing.T) {
	t.Parallel()
	for code, bad := range map[string]bool{
		"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true, "5.2.2": true,
		"5.1.7": false, "5.1.8": false, "5.7.1": false, "4.2.2": false, "": false, "5.4.4": false,
	} {
		r := mail.Refused{Stage: mail.StageRecipient, Code: 550, Enhanced: code, Permanent: true}
		require.Equal(t, bad, r.BadAddress(), code)
	}
	require.False(t, (&mail.Refused{Stage: mail.StageSender, Code: 550, Enhanced: "5.1.1"}).BadAddress(), "it may be tried again")
}
