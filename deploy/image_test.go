package deploy_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// commands are the names in main.go's table of subcommands.
func commands(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../main.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "commands" {
			return true
		}
		rows, ok := spec.Values[0].(*ast.CompositeLit)
		require.True(t, ok, "the table is a literal")
		for _, row := range rows.Elts {
			columns, ok := row.(*ast.CompositeLit)
			require.True(t, ok, "so is each row")
			first, ok := columns.Elts[0].(*ast.BasicLit)
			require.True(t, ok, "and the name, its first column")
			name, err := strconv.Unquote(first.Value)
			require.NoError(t, err)
			names = append(names, name)
		}
		return false
	})
	require.NotEmpty(t, names, "main.go has no table of commands")
	return names
}

func TestEveryContainerRunsACommandOfTheBinary(t *testing.T) {
	t.Parallel()
	known := commands(t)
	for name, s := range own(project(t)) {
		require.Contains(t, known, s.Command[0], "%s", name)
		require.Empty(t, s.Entrypoint, "%s: the image's own entrypoint is the binary", name)
		if s.HealthCheck != nil {
			require.Equal(t, []string{"CMD", "/relink"}, []string(s.HealthCheck.Test[:2]), "%s: the image has no shell", name)
			require.Contains(t, known, s.HealthCheck.Test[2], "%s: health check", name)
		}
	}
}

func TestTheImageIsBuiltWithTheGoOfTheModuleAndRunsTheBinaryAsNobody(t *testing.T) {
	t.Parallel()
	dockerfile, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	one := func(pattern string, in []byte) string {
		found := regexp.MustCompile(`(?m)`+pattern).FindAllSubmatch(in, -1)
		require.NotEmpty(t, found, pattern)
		return string(found[len(found)-1][1]) // of two instructions the last one counts
	}
	require.Equal(t, one(`^go (\S+)$`, module), one(`^FROM .*\bgolang:(\S+) AS`, dockerfile))
	require.Equal(t, "nonroot:nonroot", one(`^USER (\S+)$`, dockerfile))
	var entrypoint []string
	require.NoError(t, json.Unmarshal([]byte(one(`^ENTRYPOINT (.+)$`, dockerfile)), &entrypoint))
	require.Equal(t, []string{"/relink"}, entrypoint)
}
