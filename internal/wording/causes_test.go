package wording_test

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/wording"
)

// unknown is a cause for which we have no words yet.
const unknown item.Cause = "a cause of tomorrow"

// jargon must not be in an explanation, in any language.
var jargon = regexp.MustCompile(`(?i)\b(items?|tokens?|oauth|webhooks?|plaid)\b`)

func TestBroken_hasItsOwnWordsForEveryCause(t *testing.T) {
	t.Parallel()
	for _, locale := range wording.Locales() {
		l := wording.For(string(locale))
		seen := map[wording.Explanation]item.Cause{l.Broken(unknown): unknown}
		for _, c := range item.Causes() {
			explanation := l.Broken(c)
			require.NotContains(t, seen, explanation, "%s: %s has no words of its own", locale, c)
			seen[explanation] = c
		}
	}
}

func TestEnding_hasItsOwnWordsForCausesThatAnnounceAnEnd(t *testing.T) {
	t.Parallel()
	for _, locale := range wording.Locales() {
		l := wording.For(string(locale))
		for _, c := range []item.Cause{item.ConsentExpiring, item.Migration} {
			require.NotEqual(t, l.Ending(unknown), l.Ending(c), "%s: an end by %s", locale, c)
		}
	}
}

func TestExplanation_isMadeOfWholeSentencesWithoutJargon(t *testing.T) {
	t.Parallel()
	for _, locale := range wording.Locales() {
		l := wording.For(string(locale))
		for _, c := range append(item.Causes(), unknown) {
			for kind, explanation := range map[string]wording.Explanation{"broken": l.Broken(c), "ending": l.Ending(c)} {
				for field, value := range reflect.ValueOf(explanation).Fields() {
					what, text := string(locale)+" "+kind+" "+string(c)+" "+field.Name, value.String()
					require.NotRegexp(t, jargon, text, what)
					for _, p := range braces.FindAllString(text, -1) {
						require.True(t, p == "{bank}" || p == "{ends}" && kind == "ending" && field.Name == "Happened", "%s: %s", what, p)
					}
					if field.Name == "Headline" {
						require.NotRegexp(t, `\.$`, text, what)
					} else {
						require.Regexp(t, `\.$`, text, what)
					}
				}
				require.Contains(t, string(explanation.Happened), "{bank}", "%s %s %s", locale, kind, c)
				require.Contains(t, string(explanation.Headline), "{bank}", "%s %s %s", locale, kind, c)
			}
			require.Contains(t, string(l.Ending(c).Happened), "{ends}", "%s %s", locale, c)
		}
	}
}

func TestCauseLabel_isThereForEveryCause(t *testing.T) {
	t.Parallel()
	seen := map[string]item.Cause{}
	for _, c := range item.Causes() {
		label := wording.CauseLabel(c)
		require.NotEmpty(t, label, c)
		require.NotContains(t, seen, label, "%s and %s read the same", c, seen[label])
		seen[label] = c
	}
	require.Empty(t, wording.CauseLabel(unknown))
	require.Empty(t, wording.CauseLabel(""))
}
