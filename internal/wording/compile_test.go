package wording_test

import (
	"embed"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/wording"
)

//go:embed *.go
var embedded embed.FS

// source is the package's code, as the compiler reads it.
type source struct {
	fset  *token.FileSet
	files []*ast.File
	from  types.Importer
}

// imported caches the packages that it has imported: the importer itself reads the disk each time.
type imported struct {
	types.Importer
	known map[string]*types.Package
}

func (i imported) Import(path string) (*types.Package, error) {
	if known, ok := i.known[path]; ok {
		return known, nil
	}
	found, err := i.Importer.Import(path)
	i.known[path] = found
	return found, err
}

func parse(t *testing.T) source {
	t.Helper()
	s := source{fset: token.NewFileSet()}
	s.from = imported{importer.ForCompiler(s.fset, "source", nil), map[string]*types.Package{}}
	names, err := embedded.ReadDir(".")
	require.NoError(t, err)
	for _, n := range names {
		if strings.HasSuffix(n.Name(), ".go") && !strings.HasSuffix(n.Name(), "_test.go") {
			code, err := embedded.ReadFile(n.Name())
			require.NoError(t, err)
			file, err := parser.ParseFile(s.fset, n.Name(), code, 0)
			require.NoError(t, err)
			s.files = append(s.files, file)
		}
	}
	return s
}

// compile returns the compiler's first error.
func (s source) compile() error {
	_, err := (&types.Config{Importer: s.from}).Check("relink/internal/wording", s.fset, s.files, nil)
	return err
}

// languages returns the literal of each language.
func (s source) languages() map[string]*ast.CompositeLit {
	all := map[string]*ast.CompositeLit{}
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.CompositeLit); ok && types.ExprString(literal.Type) == "Language" {
				all[spec.Names[0].Name] = literal
			}
			return false
		})
	}
	return all
}

// TestLanguage_missingWordDoesNotCompile takes each word out of each language, a group of words as well, and compiles.
func TestLanguage_missingWordDoesNotCompile(t *testing.T) {
	t.Parallel()
	s := parse(t)
	require.NoError(t, s.compile())
	languages := s.languages()
	require.Len(t, languages, len(wording.Locales()))
	for name, language := range languages {
		words := 0
		ast.Inspect(language, func(n ast.Node) bool {
			group, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			whole := group.Elts
			for i, word := range whole {
				words++
				group.Elts = slices.Delete(slices.Clone(whole), i, i+1)
				err := s.compile()
				group.Elts = whole
				require.Error(t, err, "%s compiles without %s", name, types.ExprString(word))
			}
			return true
		})
		require.Greater(t, words, 250, name)
	}
}

// TestLanguage_swappedWordsDoNotCompile swaps each word with the next one. It leaves out the names of months and days,
// which have no types of their own.
func TestLanguage_swappedWordsDoNotCompile(t *testing.T) {
	t.Parallel()
	s := parse(t)
	for name, language := range s.languages() {
		ast.Inspect(language, func(n ast.Node) bool {
			group, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if _, list := group.Type.(*ast.ArrayType); list {
				return false
			}
			for i := range len(group.Elts) - 1 {
				group.Elts[i], group.Elts[i+1] = group.Elts[i+1], group.Elts[i]
				err := s.compile()
				group.Elts[i], group.Elts[i+1] = group.Elts[i+1], group.Elts[i]
				require.Error(t, err, "%s compiles with %s in the wrong place", name, types.ExprString(group.Elts[i]))
			}
			return true
		})
	}
}
