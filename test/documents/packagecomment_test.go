package documents_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	// room finds packages of the module in the text of a comment.
	room           = regexp.MustCompile(`\b(?:api|cmd|internal|test|scripts)/[a-z0-9/]*[a-z0-9]\b`)
	sentenceEnd    = regexp.MustCompile(`[.;:] `)
	negated        = regexp.MustCompile(`\b(?:not|neither|nor|nobody)\b`)
	importsNothing = regexp.MustCompile(`\bimports (nothing of relink|no other package of relink|only the standard library$)`)
)

// within reports whether a package is another one, or stands below it.
func within(dir, other string) bool { return dir == other || strings.HasPrefix(dir, other+"/") }

// imported is what the files of a package import of relink.
type imported struct {
	code []string // by files that are no tests
	all  []string
}

func (c *checkout) imports() map[string]imported {
	found := map[string]imported{}
	for _, f := range c.goFiles {
		i := found[f.dir]
		i.all = append(i.all, f.imports...)
		if !f.isTest() {
			i.code = append(i.code, f.imports...)
		}
		found[f.dir] = i
	}
	return found
}

// commentProblems returns what the comment of a package says about packages that is not so. A package that it names
// must exist. "It imports X" is wrong if no file imports X. "imports X only" and "imports nothing of relink" are wrong
// if a file that is no test imports another one.
func (c *checkout) commentProblems(comment string, i imported) (wrong []string) {
	comment = strings.TrimSuffix(strings.Join(strings.Fields(comment), " "), ".")
	for _, dir := range room.FindAllString(comment, -1) {
		if !c.entries[dir] && !c.entries[dir+".go"] {
			wrong = append(wrong, "there is no "+dir)
		}
	}
	for _, sentence := range sentenceEnd.Split(comment, -1) {
		if !strings.Contains(sentence, "imports") {
			continue
		}
		named := room.FindAllString(negated.Split(sentence, 2)[0], -1)
		if importsNothing.MatchString(sentence) || (strings.Contains(sentence, "only") && len(named) > 0) {
			for _, dir := range i.code {
				if !slices.ContainsFunc(named, func(n string) bool { return within(dir, n) }) {
					wrong = append(wrong, fmt.Sprintf("it imports %s, but says: %s", dir, sentence))
				}
			}
		}
		if strings.Contains(sentence, "It imports") {
			for _, n := range named {
				if !slices.ContainsFunc(i.all, func(dir string) bool { return within(dir, n) }) {
					wrong = append(wrong, fmt.Sprintf("it does not import %s, but says: %s", n, sentence))
				}
			}
		}
	}
	return wrong
}

// What doc.go says is what a newcomer believes.
func TestPackageComment_namesPackagesThatThereAreAndThatItImports(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	imports := c.imports()
	var wrong []string
	for _, f := range c.goFiles {
		if f.comment == "" || f.isTest() {
			continue
		}
		for _, problem := range c.commentProblems(f.comment, imports[f.dir]) {
			wrong = append(wrong, fmt.Sprintf("%s/%s: %s", f.dir, f.name, problem))
		}
	}
	require.Empty(t, wrong, "%d problems:\n%s", len(wrong), strings.Join(wrong, "\n"))
}

func TestCommentProblems_findsEachLie(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	i := imported{code: []string{"internal/item", "internal/vault"}, all: []string{"internal/item", "internal/vault", "internal/testkit"}}
	for comment, want := range map[string]string{
		"Package x. It imports internal/items.": "there is no internal/items",
		"Package x.\nIt imports internal/item and\ninternal/plaid.": "it does not import internal/plaid, " +
			"but says: It imports internal/item and internal/plaid",
		"Package x. It imports internal/item only; the rest is handed in.": "it imports internal/vault, " +
			"but says: It imports internal/item only",
	} {
		require.Contains(t, c.commentProblems(comment, i), want, comment)
	}
	require.Len(t, c.commentProblems("Package x. It imports nothing of relink.", i), 2)
	require.Len(t, c.commentProblems("Package x: it imports only the standard library.", i), 2)
	require.Empty(t, c.commentProblems("Package x. It imports only internal/item, internal/vault and pgx, and may not import "+
		"internal/plaid.\nStart reading at internal/item/apply.go.", i))
}
