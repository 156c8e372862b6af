package documents_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

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
