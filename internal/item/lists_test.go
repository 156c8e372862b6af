package item_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

// constantsOf returns the values of all constants of a type, read from the package's source.
func constantsOf(t *testing.T, typ string) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var values []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			named, ok := spec.Type.(*ast.Ident)
			if !ok || named.Name != typ {
				return true
			}
			for _, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				require.NoError(t, err)
				values = append(values, value)
			}
			return true
		})
	}
	return values
}

func words[W ~string](list []W) []string {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return all
}

// Metrics, pages and the store range over these lists. A constant that is missing in its list would be missing there
// too.
func TestLists_haveEveryConstantOfTheirType(t *testing.T) {
	t.Parallel()
	for typ, list := range map[string][]string{
		"State": words(item.States()), "Cause": words(item.Causes()), "MailKind": words(item.MailKinds()),
		"Step": words(item.Steps()), "Command": words(item.Commands()),
	} {
		require.ElementsMatch(t, constantsOf(t, typ), list, typ)
	}
}
