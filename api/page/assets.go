package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

const assetsRoot = "/relink/assets/"

// assets are served under names that hold a hash of their content, "relink.1f0c3a5b7d9e.css", and so never go stale.
type assets struct {
	byName map[string]asset // by plain name, "relink.css"
}

type asset struct {
	hashed  string // its name in URLs
	kind    string
	content []byte
}

func loadAssets() (*assets, error) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	a := &assets{byName: map[string]asset{}}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, entry := range entries {
		name, extension := entry.Name(), path.Ext(entry.Name())
		content, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", name, err)
		}
		kind, known := kinds[extension]
		if !known {
			return nil, fmt.Errorf("asset %s is of no known kind", name)
		}
		sum := sha256.Sum256(content)
		hashed := strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
		a.byName[name] = asset{hashed: hashed, kind: kind, content: content}
	}
	return a, nil
}

// path is where a page finds an asset.
func (a *assets) path(name string) (string, error) {
	found, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset is called %q", name)
	}
	return assetsRoot + found.hashed, nil
}

// ServeHTTP answers GET /relink/assets/{name}. A name of the right file with another hash belongs to a page that another
// version of us served a moment ago: it gets our file, which nobody may keep.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, assetsRoot)
	parts := strings.Split(name, ".")
	if !below || len(parts) != 3 {
		http.NotFound(w, r)
		return
	}
	found, ok := a.byName[parts[0]+"."+parts[2]]
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
