package mailbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

const listedMails = 200

// The pages run only our own script and style; a mail's HTML gets neither script nor network,
// and an origin of its own. Its links open in a new tab, which is no longer boxed in.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'"
)

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock":    func(t time.Time) string { return t.UTC().Format("15:04:05 UTC · 2 Jan 2006") },
	"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"person":   person,
	"people":   people,
	"segments": segments,
}).ParseFS(pageFiles, "page/*.html"))

func (m *Mailbox) listPage(w http.ResponseWriter, _ *http.Request) {
	mails, total, _ := m.page(0, listedMails)
	render(w, "list.html", map[string]any{"Mails": mails, "Total": total})
}

func (m *Mailbox) viewPage(w http.ResponseWriter, r *http.Request) {
	msg, found := m.find(r.PathValue("id"))
	if !found {
		http.NotFound(w, r)
		return
	}
	render(w, "view.html", msg)
}

func (m *Mailbox) viewHTML(w http.ResponseWriter, r *http.Request) {
	msg, found := m.find(r.PathValue("id"))
	if !found || msg.HTML == "" {
		http.NotFound(w, r)
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

func serveScript(w http.ResponseWriter, _ *http.Request) {
	serveAsset(w, "page/mailbox.js", "text/javascript; charset=utf-8")
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	serveAsset(w, "page/mailbox.css", "text/css; charset=utf-8")
}

func serveAsset(w http.ResponseWriter, name, contentType string) {
	content, err := pageFiles.ReadFile(name)
	if err != nil {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(content)
}

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// openLinksInNewTab says so in the head, or in front where a mail has none.
func openLinksInNewTab(html string) string {
	const base = `<base target="_blank">`
	if at := headTag.FindStringIndex(html); at != nil {
		return html[:at[1]] + base + html[at[1]:]
	}
	return base + html
}

func person(a *mail.Address) string {
	switch {
	case a == nil:
		return "(nobody)"
	case a.Name == "":
		return a.Address
	default:
		return a.Name + " <" + a.Address + ">"
	}
}

func people(list []*mail.Address) string {
	names := make([]string, 0, len(list))
	for _, a := range list {
		names = append(names, person(a))
	}
	return strings.Join(names, ", ")
}

// segment is a piece of a text: a link when URL is set.
type segment struct{ Text, URL string }

var webLink = regexp.MustCompile(`https?://[^\s<>"']+`)

// segments finds the links of a text, without the full stop or bracket after them.
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
