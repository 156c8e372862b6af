package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/wording"
)

func TestCompose_reminderSaysWhichBankWhatHappenedAndWhatToDo(t *testing.T) {
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

func TestCompose_thanksSaysThatNothingIsLeftToDo(t *testing.T) {
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

func TestCompose_severalBrokenConnectionsShareOneLink(t *testing.T) {
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

func TestCompose_everyCauseHasItsOwnWords(t *testing.T) {
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

func TestCompose_knownStatesAndCausesNeverGetGeneralWords(t *testing.T) {
	t.Parallel()
	for _, c := range everywhere() {
		unknown := c
		unknown.Cause = "a cause of tomorrow"
		require.NotEqual(t, render(t, reminder(unknown)).text, render(t, reminder(c)).text, "%s, %s", c.State, c.Cause)
	}
}

func TestCompose_endingConnectionSaysUntilWhenItWorks(t *testing.T) {
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

func TestCompose_dayOfAnEndIsByTheMerchantsCalendar(t *testing.T) {
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

func TestCompose_oneMailListsWhatHasStoppedAndWhatEnds(t *testing.T) {
	t.Parallel()
	one, two := broken("First Platypus Bank", item.Credentials), ending("Tartan Bank", item.Migration)
	for _, n := range []mailing.Content{reminder(one, two), expires(two, one)} {
		r := render(t, n)
		require.Equal(t, "Action needed: 2 bank connections", r.subject)
		for _, said := range []string{r.text, r.visible} {
			require.Contains(t, said, "First Platypus Bank stopped accepting the saved sign-in.")
			require.Contains(t, said, "Tartan Bank is moving to a new way of signing in. The connection you have ends on Sunday, November 29.")
			require.Equal(t, 2, strings.Count(said, "What to do:"))
		}
		require.Equal(t, 1, strings.Count(r.text, deepLink))
	}
	both := expires(two, ending("Houndstooth Bank", item.ConsentExpiring))
	require.Equal(t, "Renew 2 bank connections before they end", render(t, both).subject)
}

func TestCompose_hasNoJargon(t *testing.T) {
	t.Parallel()
	var notices []mailing.Content
	for _, cause := range causes(t) {
		one, two := broken("Tartan Bank", cause), broken("Houndstooth Bank", cause)
		soon := ending("Tartan Bank", cause)
		notices = append(notices, reminder(one), reminder(one, two), reconnected(one), reconnected(one, two),
			expires(soon), expires(soon, soon), expires(soon, two))
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

func TestCompose_countsDaysWithoutDataFromTheMailsDate(t *testing.T) {
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

func TestCompose_greetingNeedsNoName(t *testing.T) {
	t.Parallel()
	n := reminder()
	n.Merchant.ContactName = " "
	require.Contains(t, render(t, n).text, "\nHello,\n")
}

// langOf returns the language that the markup names.
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

func TestCompose_everyKindReadsWellInEveryLanguage(t *testing.T) {
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
				for _, said := range []string{r.text, r.visible} {
					require.Contains(t, said, string(wording.For(string(l)).Common.Safety), what)
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

func TestCompose_noLanguageBorrowsFromAnother(t *testing.T) {
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

func TestCompose_dayOfAnEndIsInTheMerchantsLanguage(t *testing.T) {
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

func TestCompose_namelessBankIsNamedInTheMerchantsLanguage(t *testing.T) {
	t.Parallel()
	for l, first := range map[wording.Locale]string{
		wording.English: "Your bank stopped accepting", wording.Spanish: "Su banco dejó de aceptar",
		wording.French: "Votre banque n’accepte plus", wording.German: "Ihre Bank nimmt die gespeicherte Anmeldung",
	} {
		for _, name := range []string{"", " ", item.UnnamedInstitution} {
			require.Contains(t, render(t, in(l, reminder(broken(name, item.Credentials)))).text, "\n"+first, "%s %q", l, name)
		}
	}
}
