package deploy_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// commands returns the names of the commands that package cmd declares: the first word of each cobra.Command's Use. The
// commands of people are in a package of their own; no container runs one.
func commands(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../cmd/*.go")
	require.NoError(t, err)
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			field, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, isName := field.Key.(*ast.Ident)
			use, isText := field.Value.(*ast.BasicLit)
			if isName && isText && key.Name == "Use" {
				text, err := strconv.Unquote(use.Value)
				require.NoError(t, err)
				name, _, _ := strings.Cut(text, " ")
				names = append(names, name)
			}
			return true
		})
	}
	require.Subset(t, names, []string{"api", "worker", "migrate"}, "cmd declares its commands in another way")
	return names
}

func TestImage_everyContainerRunsACommandOfTheBinary(t *testing.T) {
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

func TestImage_isBuiltWithTheModulesGoAndRunsAsNobody(t *testing.T) {
	t.Parallel()
	dockerfile, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	one := func(pattern string, in []byte) string {
		found := regexp.MustCompile(`(?m)`+pattern).FindAllSubmatch(in, -1)
		require.NotEmpty(t, found, pattern)
		return string(found[len(found)-1][1]) // the last instruction counts
	}
	require.Equal(t, one(`^go (\S+)$`, module), one(`^FROM .*\bgolang:(\S+) AS`, dockerfile))
	require.Equal(t, "nonroot:nonroot", one(`^USER (\S+)$`, dockerfile))
	var entrypoint []string
	require.NoError(t, json.Unmarshal([]byte(one(`^ENTRYPOINT (.+)$`, dockerfile)), &entrypoint))
	require.Equal(t, []string{"/relink"}, entrypoint)
}
