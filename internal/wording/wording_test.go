package wording_test

import (
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/wording"
)

// jargon must not stand in what a merchant reads, in any language.
var jargon = regexp.MustCompile(`(?i)\b(items?|tokens?|oauth|webhooks?|plaid)\b`)

// every answers the sentences of a trouble by field.
func every(t wording.Trouble) map[string]string {
	texts := map[string]string{}
	v := reflect.ValueOf(t)
	for i := range v.NumField() {
		texts[v.Type().Field(i).Name] = v.Field(i).String()
	}
	return texts
}

func TestEveryCauseHasWordsOfItsOwnInEveryLanguage(t *testing.T) {
	t.Parallel()
	const tomorrows item.Cause = "a cause of tomorrow"
	for _, l := range wording.Locales() {
		general := wording.Broken(l, tomorrows)
		seen := map[wording.Trouble]item.Cause{general: tomorrows}
		for _, c := range item.Causes() {
			trouble := wording.Broken(l, c)
			require.NotContains(t, seen, trouble, "%s: %s has no words of its own", l, c)
			seen[trouble] = c
		}
		for _, c := range []item.Cause{item.ConsentExpiring, item.Migration} { // an end is announced with these
			require.NotEqual(t, wording.Ending(l, tomorrows), wording.Ending(l, c), "%s: an end by %s", l, c)
		}
	}
}

func TestNoSentenceIsMissingOrUntranslatedOrJargon(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	for _, l := range wording.Locales() {
		for _, c := range append(item.Causes(), "a cause of tomorrow") {
			for kind, trouble := range map[string]func(wording.Locale, item.Cause) wording.Trouble{"broken": wording.Broken, "ending": wording.Ending} {
				for field, text := range every(trouble(l, c)) {
					what := string(l) + " " + kind + " " + string(c) + " " + field
					require.NotEmpty(t, text, what)
					require.NotRegexp(t, jargon, text, what)
					for _, p := range placeholder.FindAllString(text, -1) {
						require.True(t, p == "{bank}" || p == "{ends}" && kind == "ending" && field == "Happened", "%s: %s", what, p)
					}
					if field == "Headline" {
						require.NotRegexp(t, `\.$`, text, what)
					} else {
						require.Regexp(t, `\.$`, text, what)
					}
					if l != wording.English {
						require.NotEqual(t, every(trouble(wording.English, c))[field], text, "%s is English", what)
					}
				}
				require.Contains(t, trouble(l, c).Happened, "{bank}", "%s %s %s", l, kind, c)
				require.Contains(t, trouble(l, c).Headline, "{bank}", "%s %s %s", l, kind, c)
			}
			require.Contains(t, wording.Ending(l, c).Happened, "{ends}", "%s %s", l, c)
		}
	}
}

func TestTheLanguageOfALocaleIsFoundAndEnglishStandsIn(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]wording.Locale{
		"en-US": wording.English, "es": wording.Spanish, "es-MX": wording.Spanish, "ES_419": wording.Spanish, "fr-CA": wording.French,
		"de-AT": wording.German, "de-DE,de;q=0.9,en;q=0.5": wording.German, "fr;q=1": wording.French,
		"": wording.English, "pt-BR": wording.English, "espresso": wording.English, "-": wording.English,
	} {
		require.Equal(t, want, wording.Match(locale), locale)
	}
}

func TestSpacesAroundALocaleDoNotCount(t *testing.T) {
	t.Parallel()
	require.Equal(t, wording.French, wording.Match(" fr-FR "))
}

func TestADayIsNamedAsTheLanguageNamesIt(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC)
	for l, want := range map[wording.Locale][2]string{
		wording.English: {"Tuesday, December 1", "December 1"},
		wording.Spanish: {"martes 1 de diciembre", "1 de diciembre"},
		wording.French:  {"mardi 1er décembre", "1er décembre"},
		wording.German:  {"1. Dezember (Dienstag)", "1. Dezember"},
	} {
		require.Equal(t, want, [2]string{wording.Day(l, day), wording.Date(l, day)})
		names := map[string]bool{}
		for n := range 366 {
			names[wording.Day(l, day.AddDate(0, 0, n))] = true
		}
		require.Len(t, names, 366, "a year and a day in %s", l)
	}
	require.Equal(t, "mercredi 2 décembre", wording.Day(wording.French, day.AddDate(0, 0, 1)))
}
