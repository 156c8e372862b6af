package page_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
	"relink/internal/wording"
)

func TestUnsubscribe_isOneButtonInEveryLanguage(t *testing.T) {
	t.Parallel()
	seen := map[string]wording.Locale{}
	for _, l := range wording.Locales() {
		ask := messageOf(t, func(p *page.Pages, w io.Writer) error { return p.Unsubscribe(w, string(l), "t0/k3n") })
		done := messageOf(t, func(p *page.Pages, w io.Writer) error { return p.Unsubscribed(w, string(l)) })
		for _, s := range []shown{ask, done} {
			require.Equal(t, string(l), value(s.all("html")[0], "lang"))
			require.NotRegexp(t, jargon, s.text, l)
			require.NotContains(t, seen, s.text)
			seen[s.text] = l
			require.Empty(t, s.all("script"), "it works without JavaScript")
			require.Len(t, s.all("h1"), 1)
		}
		require.Len(t, ask.all("button"), 1)
		require.Len(t, ask.all("form"), 1)
		require.Equal(t, "/unsubscribe/t0%2Fk3n", value(ask.all("form")[0], "action"))
		require.Equal(t, "post", value(ask.all("form")[0], "method"))
		require.Empty(t, ask.all("a"))
		require.Empty(t, done.all("form"))
	}
}
