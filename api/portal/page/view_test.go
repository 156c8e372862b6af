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

// jargon lists words that no page may show, in any language.
var jargon = regexp.MustCompile(`(?i)\b(items?|tokens?|oauth|webhooks?|incidents?|credentials|mfa|undefined)\b`)

// everyPage returns our pages in every state, in one language.
func everyPage(t *testing.T, l wording.Locale) []shown {
	t.Helper()
	locale := string(l)
	all := []shown{
		messageOf(t, func(p *page.Pages, w io.Writer) error { return p.LinkOver(w, locale, "t0k3n") }),
		messageOf(t, func(p *page.Pages, w io.Writer) error { return p.Problem(w, locale) }),
		messageOf(t, func(p *page.Pages, w io.Writer) error { return p.OtherBrowser(w, locale) }),
		messageOf(t, func(p *page.Pages, w io.Writer) error { return p.NewLinkSent(w, locale) }),
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

func TestPages_haveNoJargonInAnyLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		for _, s := range everyPage(t, l) {
			require.NotRegexp(t, jargon, s.text, l)
			require.NotRegexp(t, `\{(business|count|date|day|month|ends)\}`, s.text, "%s: a placeholder was left", l)
			require.Equal(t, string(l), value(s.all("html")[0], "lang"))
			for _, n := range s.having("aria-label") {
				require.NotRegexp(t, jargon, value(n, "aria-label"), l)
			}
		}
	}
}

// TestPages_endWithTheSafetySentence proves that pages and mails have the same sentence about passwords.
func TestPages_endWithTheSafetySentence(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		for _, s := range everyPage(t, l) {
			require.Regexp(t, regexp.QuoteMeta(string(wording.For(string(l)).Common.Safety))+"$", textOf(s.all("main")[0]), l)
		}
	}
}

func TestRelink_namelessBankIsNamedInTheMerchantsLanguage(t *testing.T) {
	t.Parallel()
	for l, button := range map[wording.Locale]string{
		wording.English: "Reconnect Your bank", wording.Spanish: "Volver a conectar Su banco",
		wording.French: "Reconnecter Votre banque", wording.German: "Ihre Bank neu verbinden",
	} {
		for _, name := range []string{"", " ", item.UnnamedInstitution} {
			s := relinkPage(t, page.Relink{
				Locale: string(l), Token: "t0k3n", LinkScriptURL: linkScript,
				Connections: []page.Connection{broken(name, item.Credentials)},
			})
			require.Equal(t, button, textOf(s.all("button")[0]), "%s %q", l, name)
		}
	}
}

func TestRelink_speaksTheMerchantsLanguage(t *testing.T) {
	t.Parallel()
	for locale, wanted := range map[string][4]string{
		"en-GB":  {"en-GB", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
		"es-MX":  {"es-MX", "Volver a conectar Tartan Bank", "No llega nada desde el 17 de noviembre .", "Qué hacer"},
		"fr-CA":  {"fr-CA", "Reconnecter Tartan Bank", "Plus rien n’arrive depuis le 17 novembre .", "Ce qu’il faut faire"},
		"de":     {"de", "Tartan Bank neu verbinden", "Seit dem 17. November kommt nichts mehr an.", "Was zu tun ist"},
		"pt-BR":  {"en", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
		`es"><b`: {"en", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
		"":       {"en", "Reconnect Tartan Bank", "Nothing has come in since November 17 .", "What to do"},
	} {
		s := relinkPage(t, page.Relink{
			Locale: locale, Token: "t0k3n", LinkScriptURL: linkScript,
			Connections: []page.Connection{broken("Tartan Bank", item.Credentials)},
		})
		require.Equal(t, wanted[0], value(s.all("html")[0], "lang"), locale)
		require.Equal(t, wanted[1], textOf(s.all("button")[0]), locale)
		require.Contains(t, s.text, wanted[2], locale)
		require.Contains(t, s.text, wanted[3], locale)
	}
}
