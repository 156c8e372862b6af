package web

import (
	"bytes"
	"io"
	"net/http"
)

// WritePage writes a whole HTML page with a status, or nothing if render fails. headers sets what pages of the door
// need beside its type; nobody may cache a page, index it, or learn its address from a link.
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
