package wording_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/wording"
)

func TestDay_isNamedAsTheLanguageNamesIt(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC)
	for locale, want := range map[wording.Locale][2]string{
		wording.English: {"Tuesday, December 1", "December 1"},
		wording.Spanish: {"martes 1 de diciembre", "1 de diciembre"},
		wording.French:  {"mardi 1er décembre", "1er décembre"},
		wording.German:  {"1. Dezember (Dienstag)", "1. Dezember"},
	} {
		l := wording.For(string(locale))
		require.Equal(t, want, [2]string{l.Day(day), l.Date(day)})
		names := map[string]bool{}
		for n := range 366 {
			names[l.Day(day.AddDate(0, 0, n))] = true
		}
		require.Len(t, names, 366, "a year and a day in %s", locale)
	}
	require.Equal(t, "mercredi 2 décembre", wording.For("fr").Day(day.AddDate(0, 0, 1)))
}

// TestDay_isTheCalendarsInEnglish compares a year of English days with the standard library's.
func TestDay_isTheCalendarsInEnglish(t *testing.T) {
	t.Parallel()
	for n := range 366 {
		day := time.Date(2026, 1, 1+n, 12, 0, 0, 0, time.UTC)
		require.Equal(t, day.Format("Monday, January 2"), wording.For("en").Day(day))
		require.Equal(t, day.Format("January 2"), wording.For("en").Date(day))
	}
}

func TestBank_hasANameInEveryLanguage(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"en": "your bank", "es": "su banco", "fr": "votre banque", "de": "Ihre Bank"} {
		for _, nobodyKnows := range []string{"", " ", item.UnnamedInstitution} {
			name, named := wording.For(locale).Bank(nobodyKnows)
			require.Equal(t, want, name)
			require.False(t, named)
		}
		name, named := wording.For(locale).Bank(" Tartan\n  Bank ")
		require.Equal(t, "Tartan Bank", name)
		require.True(t, named)
	}
}

func TestBusiness_hasANameInEveryLanguage(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Blue Bottle", wording.For("fr").Business(" Blue\tBottle"))
	require.Equal(t, "votre entreprise", wording.For("fr").Business("\n"))
}
