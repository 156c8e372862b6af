package web

import (
	"bytes"
	"io"
	"net/http"
)

// WritePage writes a whole HTML page with a status, or nothing if render fails. headers sets the door's own headers.
// The other headers forbid to cache the page, to index it, and to pass its address on as a referrer.
func WritePage(w http.ResponseWriter, status int, headers func(http.Header), render func(io.Writer) error) error {
	var html bytes.Buffer
	if err := render(&html); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the path may be a secret
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	headers(h)
	w.WriteHeader(status)
	_, err := w.Write(html.Bytes())
	return err
}
