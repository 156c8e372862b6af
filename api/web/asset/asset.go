package asset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Set is a folder of assets. It serves them under names that contain a hash of their content,
// "relink.1f0c3a5b7d9e.css", so that browsers may cache them without limit.
type Set struct {
	root   string           // the path below which they are served, "/relink/assets/"
	byName map[string]asset // by plain name, "relink.css"
}

type asset struct {
	hashed  string // its name in URLs
	kind    string
	content []byte
}

// Load reads a folder's files and returns the Set that serves them below root. root begins and ends with a slash.
func Load(files fs.FS, folder, root string) (*Set, error) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	s := &Set{root: root, byName: map[string]asset{}}
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, entry := range entries {
		name, extension := entry.Name(), path.Ext(entry.Name())
		content, err := fs.ReadFile(files, folder+"/"+name)
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", name, err)
		}
		kind, known := kinds[extension]
		if !known {
			return nil, fmt.Errorf("asset %s has an unknown extension", name)
		}
		sum := sha256.Sum256(content)
		hashed := strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
		s.byName[name] = asset{hashed: hashed, kind: kind, content: content}
	}
	return s, nil
}

// Views parses templates/*.html. In them, {{asset "relink.css"}} is the path of that asset.
func (s *Set) Views(templates fs.FS) (*template.Template, error) {
	views, err := template.New("").Funcs(template.FuncMap{"asset": s.Path}).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse page templates: %w", err)
	}
	return views, nil
}

// Path returns the path of an asset, or an error if the Set has none of that name.
func (s *Set) Path(name string) (string, error) {
	found, ok := s.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset is called %q", name)
	}
	return s.root + found.hashed, nil
}

// ServeHTTP serves GET below the root. A known file with another hash was named by a page of another version of relink.
// It gets our file, which must not be cached.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, s.root)
	parts := strings.Split(name, ".")
	if !below || len(parts) != 3 {
		http.NotFound(w, r)
		return
	}
	found, ok := s.byName[parts[0]+"."+parts[2]]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", found.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if name == found.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(found.content))
}
