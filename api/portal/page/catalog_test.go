package page_test

import (
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
	"relink/internal/item"
	"relink/internal/wording"
)

// jargon is what a merchant is never told, in any of the languages.
var jargon = regexp.MustCompile(`(?i)\b(items?|tokens?|oauth|webhooks?|incidents?|credentials|mfa|undefined)\b`)

// inEvery are all our pages, in every state, in one language.
func inEvery(t *testing.T, l wording.Locale) []shown {
	t.Helper()
	locale := string(l)
	all := []shown{
		notice(t, func(p *page.Pages, w io.Writer) error { return p.Over(w, locale, "t0k3n") }),
		notice(t, func(p *page.Pages, w io.Writer) error { return p.Problem(w, locale) }),
		notice(t, func(p *page.Pages, w io.Writer) error { return p.Elsewhere(w, locale) }),
		notice(t, func(p *page.Pages, w io.Writer) error { return p.FreshSent(w, locale) }),
	}
	show := func(connections ...page.Connection) {
		all = append(all, relinkPage(t, page.Relink{Locale: locale, Token: "t0k3n", Connections: connections, LinkScriptURL: linkScript}))
	}
	show(connected("Tartan Bank"))
	show(removed("Tartan Bank"))
	down := broken("", item.Credentials)
	down.BankDown = true
	show(down)
	show(down, down)
	for _, cause := range item.Causes() {
		show(broken("Tartan Bank", cause))
		show(broken("Tartan Bank", cause), broken("Houndstooth Bank", cause), down)
		show(ending("Tartan Bank", cause))
	}
	return all
}

func TestAMerchantReadsNoJargonInAnyLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		for _, s := range inEvery(t, l) {
			require.NotRegexp(t, jargon, s.text, l)
			require.NotRegexp(t, `\{(business|count|date|day|month|ends)\}`, s.text, "%s: a placeholder was left", l)
			require.Equal(t, string(l), value(s.all("html")[0], "lang"))
			for _, n := range s.having("aria-label") {
				require.NotRegexp(t, jargon, value(n, "aria-label"), l)
			}
		}
	}
}

// TestEveryWordIsThereInEveryLanguage walks the catalogs: no text is missing, and none was left in English.
func TestEveryWordIsThereInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := page.Texts(wording.English)
	require.Greater(t, len(english), 80)
	same := regexp.MustCompile(`^months|\.Sign$`) // German months, and the names of drawings
	for _, l := range wording.Locales()[1:] {
		texts := page.Texts(l)
		for name, text := range english {
			require.NotEmpty(t, texts[name], "%s has no %s", l, name)
			if !same.MatchString(name) {
				require.NotEqual(t, text, texts[name], "%s: %s was left in English", l, name)
			}
			require.ElementsMatch(t, braces.FindAllString(text, -1), braces.FindAllString(texts[name], -1), "%s: %s fills in other things than in English", l, name)
		}
		require.Len(t, texts, len(english), "%s says something that English does not", l)
	}
}

var braces = regexp.MustCompile(`\{[a-z]+\}`)

func TestThePageSpeaksTheMerchantsLanguage(t *testing.T) {
	t.Parallel()
	for locale, wanted := range map[string][4]string{
		"en-GB":  {"en-GB", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
		"es-MX":  {"es-MX", "Volver a conectar Tartan Bank", "No llega nada desde el 17 de noviembre .", "Qué hacer"},
		"fr-CA":  {"fr-CA", "Reconnecter Tartan Bank", "Plus rien n’arrive depuis le 17 novembre .", "Que faire"},
		"de":     {"de", "Tartan Bank neu verbinden", "Seit dem 17. November kommt nichts mehr an.", "Was zu tun ist"},
		"pt-BR":  {"en", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
		`es"><b`: {"en", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
		"":       {"en", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
	} {
		s := relinkPage(t, page.Relink{Locale: locale, Token: "t0k3n", Connections: []page.Connection{broken("Tartan Bank", item.Credentials)}, LinkScriptURL: linkScript})
		require.Equal(t, wanted[0], value(s.all("html")[0], "lang"), locale)
		require.Equal(t, wanted[1], textOf(s.all("button")[0]), locale)
		require.Contains(t, s.text, wanted[2], locale)
		require.Contains(t, s.text, wanted[3], locale)
	}
}
