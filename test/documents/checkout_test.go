package documents_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goFile is one Go file, as far as documents speak of it.
type goFile struct {
	dir, name string // "internal/item", "apply.go"
	pkg       string // "item"
	comment   string // of the package clause
	imports   []string
	declares  []string
}

func (f goFile) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// checkout is what there is to be named by a document.
type checkout struct {
	root    string
	entries map[string]bool // every file and folder, relative to the root, with slashes
	goFiles []goFile
	targets []string // of the Makefile
	made    []string // folders that .gitignore names, which running makes
}

// openCheckout reads the checkout that holds this test.
func openCheckout(t *testing.T) *checkout {
	t.Helper()
	c := &checkout{root: filepath.Join("..", ".."), entries: map[string]bool{}}
	for line := range strings.Lines(c.read(t, ".gitignore")) {
		if folder, ok := strings.CutPrefix(strings.TrimSpace(line), "/"); ok {
			c.made = append(c.made, strings.TrimSuffix(folder, "/"))
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(c.read(t, "Makefile"), -1) {
		c.targets = append(c.targets, m[1])
	}
	require.NoError(t, filepath.WalkDir(c.root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() && (rel == ".git" || d.Name() == "node_modules" || slices.Contains(c.made, rel)) {
			return filepath.SkipDir
		}
		c.entries[rel] = true
		if path.Ext(rel) == ".go" && !strings.Contains(rel, "testdata/") && !strings.HasPrefix(rel, "tools/") {
			c.goFiles = append(c.goFiles, readGo(t, file, rel))
		}
		return nil
	}))
	return c
}

func (c *checkout) read(t *testing.T, rel string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.root, filepath.FromSlash(rel)))
	require.NoError(t, err)
	return string(text)
}

func readGo(t *testing.T, file, rel string) goFile {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	f := goFile{dir: path.Dir(rel), name: path.Base(rel), pkg: parsed.Name.Name, comment: parsed.Doc.Text()}
	for _, i := range parsed.Imports {
		if name, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "relink/"); ours {
			f.imports = append(f.imports, name)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			f.declares = append(f.declares, n.Name.Name)
			return false
		case *ast.TypeSpec:
			f.declares = append(f.declares, n.Name.Name)
		case *ast.ValueSpec:
			for _, name := range n.Names {
				f.declares = append(f.declares, name.Name)
			}
		case *ast.Field: // fields of structs and methods of interfaces
			for _, name := range n.Names {
				f.declares = append(f.declares, name.Name)
			}
		}
		return true
	})
	return f
}

// packages returns the folders of the module that hold Go packages.
func (c *checkout) packages() []string {
	var dirs []string
	for _, f := range c.goFiles {
		if !slices.Contains(dirs, f.dir) {
			dirs = append(dirs, f.dir)
		}
	}
	return dirs
}

// hasPackage reports whether a package name is one of the module's, and declares whether a package of that name
// declares all the names.
func (c *checkout) hasPackage(pkg string, names ...string) (known, declares bool) {
	left := slices.Clone(names)
	for _, f := range c.goFiles {
		if f.pkg == pkg && !f.isTest() {
			known = true
			left = slices.DeleteFunc(left, func(name string) bool { return slices.Contains(f.declares, name) })
		}
	}
	return known, len(left) == 0
}

func (c *checkout) hasTest(name string) bool {
	return slices.ContainsFunc(c.goFiles, func(f goFile) bool { return f.isTest() && slices.Contains(f.declares, name) })
}
