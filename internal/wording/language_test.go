package wording_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/wording"
)

// words returns every word of a language, by where it stands: "Mail.ReminderOne.Subject".
func words(l *wording.Language) map[string]string {
	all := map[string]string{}
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			all[name] = v.String()
		case reflect.Struct:
			for field, value := range v.Fields() {
				walk(name+"."+field.Name, value)
			}
		case reflect.Array:
			for i := range v.Len() {
				walk(fmt.Sprintf("%s.%d", name, i), v.Index(i))
			}
		default:
			panic("a word of kind " + v.Kind().String())
		}
	}
	for field, part := range reflect.ValueOf(*l).Fields() {
		if field.Name != "Locale" {
			walk(field.Name, part)
		}
	}
	return all
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

// TestLanguages_everyWordIsTranslated checks what the compiler cannot: no word is empty, none was left in English, and
// each fills in what the English one does.
func TestLanguages_everyWordIsTranslated(t *testing.T) {
	t.Parallel()
	english := words(wording.For("en"))
	require.Greater(t, len(english), 200)
	alike := regexp.MustCompile(`^Common\.(Calendar\.|InlineTitle)`) // German months, and forms that are punctuation
	for _, locale := range wording.Locales() {
		for name, word := range words(wording.For(string(locale))) {
			require.NotEmpty(t, word, "%s has no %s", locale, name)
			if locale == wording.English {
				continue
			}
			if !alike.MatchString(name) {
				require.NotEqual(t, english[name], word, "%s: %s was left in English", locale, name)
			}
			if !strings.HasPrefix(name, "Causes.") { // those may say "there" for {bank}
				require.ElementsMatch(t, braces.FindAllString(english[name], -1), braces.FindAllString(word, -1),
					"%s: %s fills in other things than in English", locale, name)
			}
		}
	}
}

func TestFor_findsTheLanguageOfALocale(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]wording.Locale{
		"en-US": wording.English, "es": wording.Spanish, "es-MX": wording.Spanish, "ES_419": wording.Spanish, "fr-CA": wording.French,
		"de-AT": wording.German, "de-DE,de;q=0.9,en;q=0.5": wording.German, "fr;q=1": wording.French,
		"": wording.English, "pt-BR": wording.English, "espresso": wording.English, "-": wording.English,
	} {
		require.Equal(t, want, wording.For(locale).Locale, locale)
	}
}

func TestFor_ignoresSpacesAroundALocale(t *testing.T) {
	t.Parallel()
	require.Equal(t, wording.French, wording.For(" fr-FR ").Locale)
}

func TestLocales_beginWithEnglishAndNameEachLanguageOnce(t *testing.T) {
	t.Parallel()
	locales := wording.Locales()
	require.Equal(t, wording.English, locales[0])
	require.Subset(t, locales, []wording.Locale{wording.Spanish, wording.French, wording.German})
	for i, locale := range locales {
		require.NotContains(t, locales[:i], locale)
		require.Equal(t, locale, wording.For(string(locale)).Locale)
	}
}
