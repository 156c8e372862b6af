package documents_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rooms returns the packages in the two tables under "The house", in their order.
func rooms(t *testing.T, architecture string) (production, workshop []string) {
	t.Helper()
	_, section, found := strings.Cut(architecture, "\n## The house\n")
	require.True(t, found, "the section is missing")
	section, _, _ = strings.Cut(section, "\n## ")
	first, second, found := strings.Cut(section, "What only development and tests run")
	require.True(t, found, "the second table is missing")
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(first, -1) {
		production = append(production, m[1])
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(second, -1) {
		workshop = append(workshop, m[1])
	}
	return production, workshop
}

// The tables have one line for each Go package, and in each of them a package stands before those that it imports.
func TestHouse_hasEveryPackageInTheDirectionOfImports(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	production, workshop := rooms(t, c.read(t, "docs/architecture.md"))
	packages := c.packages()
	packages[slices.Index(packages, ".")] = "main.go"
	require.ElementsMatch(t, packages, slices.Concat(production, workshop))
	for _, f := range c.goFiles {
		if f.isTest() || f.dir == "." {
			continue
		}
		for _, imported := range f.imports {
			for _, table := range [][]string{production, workshop} {
				from, to := slices.Index(table, f.dir), slices.Index(table, imported)
				require.True(t, from < 0 || to < 0 || from < to, "%s imports %s, so its line stands before", f.dir, imported)
			}
			// Commands start the workshop.
			if slices.Contains(production, f.dir) && f.dir != "cmd" {
				require.NotContains(t, workshop, imported, "%s imports it", f.dir)
			}
		}
	}
}

// room finds packages of the module in the text of a comment.
var room = regexp.MustCompile(`\b(?:api|cmd|internal|test|scripts)/[a-z0-9/]*[a-z0-9]\b`)

var (
	sentenceEnd    = regexp.MustCompile(`[.;:] `)
	importsNothing = regexp.MustCompile(`\bimports (nothing of relink|no other package of relink|only the standard library$)`)
)

// within reports whether a package is another one, or stands below it.
func within(dir, other string) bool { return dir == other || strings.HasPrefix(dir, other+"/") }

// What doc.go says is what a newcomer believes.
func TestPackageComment_namesPackagesThatThereAreAndThatItImports(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	imports := map[string][]string{}
	for _, f := range c.goFiles {
		imports[f.dir] = append(imports[f.dir], f.imports...)
	}
	checked := 0
	for _, f := range c.goFiles {
		if f.comment == "" || f.isTest() {
			continue
		}
		comment := strings.Join(strings.Fields(f.comment), " ")
		for _, dir := range room.FindAllString(comment, -1) {
			assert.True(t, c.entries[dir] || c.entries[dir+".go"], "%s/%s names %s", f.dir, f.name, dir)
		}
		for _, sentence := range sentenceEnd.Split(comment, -1) {
			if !strings.Contains(sentence, "imports") {
				continue
			}
			named := room.FindAllString(sentence, -1)
			if importsNothing.MatchString(sentence) || (strings.Contains(sentence, "only") && len(named) > 0) {
				checked++
				for _, imported := range own(c, f.dir) {
					assert.True(t, slices.ContainsFunc(named, func(n string) bool { return within(imported, n) }),
						"%s imports %s, but says: %s", f.dir, imported, sentence)
				}
			}
			if strings.Contains(sentence, "It imports") {
				for _, dir := range named {
					checked++
					assert.True(t, slices.ContainsFunc(imports[f.dir], func(i string) bool { return within(i, dir) }),
						"%s does not import %s, but says: %s", f.dir, dir, sentence)
				}
			}
		}
	}
	require.Greater(t, checked, 20)
}

// own returns what the files of a package that are no tests import of relink.
func own(c *checkout, dir string) (imported []string) {
	for _, f := range c.goFiles {
		if f.dir == dir && !f.isTest() {
			imported = append(imported, f.imports...)
		}
	}
	return imported
}
