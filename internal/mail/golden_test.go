package mail_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/wording"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// TestRender_golden compares every sentence of every mail with testdata/golden, so that a review shows a change of
// words as its readers will see it. `go test ./internal/mail -run TestRender_golden -update` records an intended
// change.
func TestRender_golden(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		file := filepath.Join("testdata", "golden", string(l)+".txt")
		got := goldenMails(t, l)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		wanted := strings.Split(string(want), "=== ")
		for i, section := range strings.Split(got, "=== ") {
			require.Less(t, i, len(wanted), "%s lacks %s", file, section)
			require.Equal(t, wanted[i], section, file) // by section, so that a failure shows little beside the difference
		}
		require.Len(t, got, len(want), "%s has more", file)
	}
}

// goldenMails returns the mails of one language: each kind and the special cases whole, and for each cause the
// words for a broken and for an expiring connection.
func goldenMails(t *testing.T, l wording.Locale) string {
	t.Helper()
	var book strings.Builder
	add := func(name string, n mailing.Content) {
		if n.Kind.Reminds() {
			n.Unsubscribe = unsubscribe
		}
		r := render(t, in(l, n))
		fmt.Fprintf(&book, "=== %s\n\nSubject: %s\nPreview: %s\nLabel: %s\n\n%s\n\n",
			name, r.subject, firstText(t, r.html, "div"), firstText(t, r.html, "span"), strings.TrimSpace(r.text))
	}
	all := kinds(item.Credentials)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		add(name, all[name])
	}

	quiet := func(c mailing.Connection, days int) mailing.Connection {
		c.BrokenSince = noon.AddDate(0, 0, -days)
		return c
	}
	nameless := reminder(quiet(broken("", item.MFA), 1), quiet(broken(item.UnnamedInstitution, item.MFA), 9))
	nameless.Merchant.BusinessName, nameless.Merchant.ContactName = "", ""
	add("without names, quiet for days", nameless)
	first, unknown := ending("Tartan Bank", item.Migration), ending("Tartan Bank", item.Migration)
	first.EndsAt, unknown.EndsAt = noon.AddDate(0, 0, 12), time.Time{}
	add("ends on the first of a month", expires(first))
	add("ends on an unknown day", expires(unknown))

	for _, cause := range append(item.Causes(), "a cause of tomorrow") {
		r := render(t, in(l, reminder(broken("Tartan Bank", cause), ending("Houndstooth Bank", cause))))
		fmt.Fprintf(&book, "=== %s\n\n", cause)
		for paragraph := range strings.SplitSeq(r.text, "\n\n") {
			if strings.HasPrefix(paragraph, "Tartan Bank\n") || strings.HasPrefix(paragraph, "Houndstooth Bank\n") {
				fmt.Fprintf(&book, "%s\n\n", paragraph)
			}
		}
	}
	return book.String()
}

// firstText returns the text of the first element of a kind that has text.
func firstText(t *testing.T, markup, element string) string {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(markup))
	require.NoError(t, err)
	for n := range tree.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data == element {
			return n.Data
		}
	}
	t.Fatalf("no text in <%s>", element)
	return ""
}
