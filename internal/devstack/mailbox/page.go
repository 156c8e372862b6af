package mailbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"regexp"
	"strings"
)

//go:embed page
var pageFiles embed.FS

const listedMails = 200

// The pages run only our own script and style. A mail's HTML gets neither script nor network, and an origin of its own.
// Its links open in a new tab, which is outside that sandbox.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
		"img-src data:; form-action 'none'; frame-ancestors 'self'"
)

var pages = template.Must(template.New("").Funcs(template.FuncMap{"segments": segments}).ParseFS(pageFiles, "page/*.html"))

func (m *Mailbox) listPage(w http.ResponseWriter, _ *http.Request) {
	mails, total, _ := m.page(0, listedMails)
	render(w, "list.html", map[string]any{"Mails": mails, "Total": total})
}

func showHTML(w http.ResponseWriter, msg message) {
	if msg.HTML == "" {
		http.Error(w, "the mail has no HTML", http.StatusNotFound)
		return
	}
	setPolicy(w, mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(openLinksInNewTab(msg.HTML)))
}

func render(w http.ResponseWriter, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	setPolicy(w, pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = page.WriteTo(w)
}

func setPolicy(w http.ResponseWriter, policy string) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func asset(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, pageFiles, "page"+r.URL.Path) //nolint:gosec // the routes name two files
}

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// openLinksInNewTab adds a base element to the head, or in front if the mail has no head.
func openLinksInNewTab(html string) string {
	end := 0
	if at := headTag.FindStringIndex(html); at != nil {
		end = at[1]
	}
	return html[:end] + `<base target="_blank">` + html[end:]
}

// segment is a piece of a text. It is a link if URL is set.
type segment struct{ Text, URL string }

var webLink = regexp.MustCompile(`https?://[^\s<>"']+`)

// segments splits a text at its links, which end before a full stop or bracket.
func segments(text string) []segment {
	var out []segment
	rest := 0
	for _, at := range webLink.FindAllStringIndex(text, -1) {
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]}")
		out = append(out, segment{Text: text[rest:at[0]]}, segment{Text: link, URL: link})
		rest = at[0] + len(link)
	}
	return append(out, segment{Text: text[rest:]})
}
