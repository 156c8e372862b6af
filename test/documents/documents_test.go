package documents_test

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documents returns the paths of the documents that describe the code of today. CHANGELOG.md also describes the past.
func (c *checkout) documents() (all []string) {
	for entry := range c.entries {
		if path.Ext(entry) == ".md" && (path.Dir(entry) == "." || strings.HasPrefix(entry, "docs/")) && entry != "CHANGELOG.md" {
			all = append(all, entry)
		}
	}
	return all
}

func TestDocuments_nameOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	all := c.documents()
	require.Contains(t, all, "CONTRIBUTING.md")
	require.Contains(t, all, "docs/glossary.md")
	require.Greater(t, len(all), 25)
	var wrong []string
	for _, doc := range all {
		wrong = append(wrong, c.problems(t, doc, c.read(t, doc))...)
	}
	require.Empty(t, wrong, "%d problems:\n%s", len(wrong), strings.Join(wrong, "\n"))
}

// A check that finds nothing in a bad document would prove nothing about the good ones.
func TestProblems_findsEachThingThatABadDocumentNames(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	for text, want := range map[string]string{
		"See `internal/item/applies.go`.":                       "d.md: there is no internal/item/applies.go",
		"See `internal/items`.":                                 "d.md: there is no internal/items",
		"See `api/hook/` and `api/hoop/`.":                      "d.md: there is no api/hoop",
		"See `applies.go`.":                                     "d.md: there is no file applies.go",
		"See `items/apply.go`.":                                 "d.md: there is no file items/apply.go",
		"See `testdata/mutant/*.patch`.":                        "d.md: there is no testdata/mutant/*.patch",
		"See `internal/neighbours/NAME/`.":                      "d.md: there is no internal/neighbours/NAME",
		"See [the page](docs/architecture.markdown).":           "d.md: the link docs/architecture.markdown leads nowhere",
		"See [the page](docs/architecture.md#no-such-part).":    "d.md: docs/architecture.md has no heading #no-such-part",
		"# One\n\nSee [below](#two).":                           "d.md: d.md has no heading #two",
		`<img src="docs/images/none.png">`:                      "d.md: the link docs/images/none.png leads nowhere",
		"Run `make tests`.":                                     "d.md: make has no target tests",
		"```sh\nmake demos   # a story\n```":                    "d.md: make has no target demos",
		"```sh\ngo test ./internal/itemz -run X\n```":           "d.md: there is no Go package in internal/itemz",
		"Run `go test ./internals/...`.":                        "d.md: there is no Go package in internals",
		"```mermaid\nflowchart LR\n  a[\"api/hoop<br>x\"]\n```": "d.md: there is no api/hoop",
		"`TestDocuments_nameWhateverTheyLike` fails.":           "d.md: there is no test TestDocuments_nameWhateverTheyLike",
		"See `item.Rules.Apple`.":                               "d.md: package item does not declare Rules.Apple",
		"See `starter.Delivery`.":                               "d.md: package starter does not declare Delivery",
		"See `Applies` in `internal/item/apply.go`.":            "d.md: internal/item/apply.go does not hold Applies",
	} {
		require.Equal(t, []string{want}, c.problems(t, "d.md", text), text)
	}
}

func TestProblems_findsNothingInAGoodDocument(t *testing.T) {
	t.Parallel()
	c := openCheckout(t)
	require.Empty(t, c.problems(t, "docs/d.md", "# One part: *here*\n\n"+
		"See `internal/item/apply.go`, `item/apply.go`, `apply.go`, `internal/item`, `api/hook/`, `./internal/item`, `docs/**`,\n"+
		"`testdata/mutants/*.patch`, `internal/neighbour/NAME/`, `docs/NAME.md`, `.ci/run`, `.relink/dev.env`, `bin/relink`,\n"+
		"`go run ./scripts/mutants NAME`, `go test ./internal/item/...`, `go test ./...`, `make check`, `make`,\n"+
		"`item.Rules.Apply`, `item.error`, `postgres.ClaimMail`, `os.Getenv`, `TestDocuments_nameOnlyWhatIsThere`,\n"+
		"`Apply` in `internal/item/apply.go`, `relink policy apply new.yaml`, `PUBLIC_URL/relink/return`, `GET /v1/items/{id}`,\n"+
		"[a page](architecture.md#the-house), [here](#one-part-here), [out](https://example.com/none.md).\n\n"+
		"```sh\nmake check  # all of it\ngo run . demo\ngo test ./internal/item -run X\n```\n"))
}
