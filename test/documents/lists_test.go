package documents_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/bench"
	"relink/internal/drill"
)

func TestReadme_tableHasEveryVariable(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	_, section, found := strings.Cut(c.read(t, "README.md"), "\n## Run it\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var read []string
	for _, f := range c.goFiles {
		if f.dir != "internal/config" || f.isTest() {
			continue
		}
		for _, m := range regexp.MustCompile(`env:"([A-Z_]+)"|vars\["([A-Z_]+)"\]`).FindAllStringSubmatch(c.read(t, f.dir+"/"+f.name), -1) {
			read = append(read, m[1]+m[2])
		}
	}
	require.Greater(t, len(read), 20)
	for _, name := range read {
		require.Contains(t, section, "`"+name+"`", "internal/config reads it")
	}
}

func TestDrills_haveASectionEach(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	page, ci := c.read(t, "docs/drills.md"), c.read(t, ".ci/run")
	_, sabotaged, found := strings.Cut(ci, "step sabotaged sabotaged ")
	require.True(t, found)
	sabotaged, _, _ = strings.Cut(sabotaged, "\n")
	for _, d := range drill.All() {
		require.Contains(t, page, "\n## drill "+d.Name, "docs/drills.md")
		require.Contains(t, page, "FAIL "+d.Name+": ", "docs/drills.md says how its sabotage fails")
		require.True(t, d.Sabotaged == "" || slices.Contains(strings.Fields(sabotaged), d.Name), ".ci/run sabotages %s", d.Name)
	}
	for _, b := range bench.All() {
		require.Contains(t, page, "\n## bench "+b.Name, "docs/drills.md")
	}
}

func TestDecisions_areNumberedOnceAndListed(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	list := c.read(t, "docs/decisions/README.md")
	numbers := map[string]string{}
	for entry := range c.entries {
		m := regexp.MustCompile(`^docs/decisions/((\d{4})-[a-z0-9-]+\.md)$`).FindStringSubmatch(entry)
		if m == nil {
			continue
		}
		require.Empty(t, numbers[m[2]], "two decisions are numbered %s", m[2])
		numbers[m[2]] = m[1]
		require.Contains(t, list, "]("+m[1]+")")
		require.Regexp(t, "^# "+strings.TrimLeft(m[2], "0")+`\. `, c.read(t, entry))
	}
	require.Len(t, numbers, strings.Count(list, "]("))
}
