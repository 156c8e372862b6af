package page_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/api/portal/page"
	"relink/internal/item"
	"relink/internal/wording"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// TestPages_golden compares every sentence of every page with testdata/golden, so that a review shows a change of words
// as its readers will see it. The flag -update records an intended change.
func TestPages_golden(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		file := filepath.Join("testdata", "golden", string(l)+".txt")
		got := goldenPages(t, l)
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

// goldenPages returns what each page of one language shows, a text per line, and the sentences of its script.
func goldenPages(t *testing.T, l wording.Locale) string {
	t.Helper()
	var book strings.Builder
	locale := string(l)
	for _, n := range []struct {
		name  string
		write func(*page.Pages, io.Writer) error
	}{
		{"the link is over", func(p *page.Pages, w io.Writer) error { return p.LinkOver(w, locale, "t0k3n") }},
		{"a problem of ours", func(p *page.Pages, w io.Writer) error { return p.Problem(w, locale) }},
		{"another browser", func(p *page.Pages, w io.Writer) error { return p.OtherBrowser(w, locale) }},
		{"a fresh link is sent", func(p *page.Pages, w io.Writer) error { return p.NewLinkSent(w, locale) }},
		{"unsubscribe", func(p *page.Pages, w io.Writer) error { return p.Unsubscribe(w, locale, "t0k3n") }},
		{"unsubscribed", func(p *page.Pages, w io.Writer) error { return p.Unsubscribed(w, locale) }},
	} {
		fmt.Fprintf(&book, "=== %s\n\n%s\n", n.name, goldenText(messageOf(t, n.write).tree))
	}

	open := func(connections ...page.Connection) shown {
		return relinkPage(t, page.Relink{
			BusinessName: "Blue Bottle", Locale: locale, Token: "t0k3n", Connections: connections, LinkScriptURL: linkScript,
		})
	}
	add := func(name string, connections ...page.Connection) {
		fmt.Fprintf(&book, "=== %s\n\n%s\n", name, goldenText(open(connections...).tree))
	}
	down := broken("Tartan Bank", item.Credentials)
	down.BankDown = true
	first := broken("", item.MFA)
	first.BrokenSince = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	add("one waits", broken("Tartan Bank", item.Credentials))
	add("several wait",
		broken("Tartan Bank", item.Credentials), ending("Houndstooth Bank", item.Migration), connected("Well Bank"), removed("Gone Bank"))
	add("several are going to end", ending("Tartan Bank", item.ConsentExpiring), ending("Houndstooth Bank", item.Migration))
	add("without a name, since the first of a month", first)
	add("a bank is down", down)
	add("banks are down", down, down)
	add("all is well", connected("Tartan Bank"))
	add("one has ended", connected("Tartan Bank"), removed("Gone Bank"))
	for _, cause := range append(item.Causes(), "a cause of tomorrow") {
		fmt.Fprintf(&book, "=== %s\n\n", cause)
		for _, card := range open(broken("Tartan Bank", cause), ending("Houndstooth Bank", cause)).having("data-connection") {
			book.WriteString(goldenText(card))
		}
		book.WriteString("\n")
	}

	one := open(broken("Tartan Bank", item.Credentials))
	fmt.Fprintf(&book, "=== details\n\n%s\n=== words of the script\n\n", textOf(one.all("details")[0]))
	for _, n := range one.having("data-word") {
		fmt.Fprintf(&book, "%s: %s\n", value(n, "data-word"), textOf(n))
	}
	return book.String()
}

// goldenText returns the texts of an element, each on its line, without the details and the script's sentences.
func goldenText(n *html.Node) string {
	switch {
	case n.Data == "template" || n.Data == "details":
		return ""
	case n.Type == html.TextNode && strings.TrimSpace(n.Data) != "":
		return strings.TrimSpace(n.Data) + "\n"
	}
	var out strings.Builder
	for c := range n.ChildNodes() {
		out.WriteString(goldenText(c))
	}
	return out.String()
}
