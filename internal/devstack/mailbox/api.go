package mailbox

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	defaultLimit = 50 // mailpit's
	snippetRunes = 250
)

// Handler answers mailpit's API (GET /api/v1/messages, /api/v1/message/{id} with /headers and
// /raw; id may be "latest"), the page (GET /, /view/{id}), POST /control/refuse for tests, and
// GET /livez and /readyz.
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/messages", m.listMessages)
	mux.HandleFunc("GET /api/v1/message/{id}", m.showMessage)
	mux.HandleFunc("GET /api/v1/message/{id}/headers", m.showHeaders)
	mux.HandleFunc("GET /api/v1/message/{id}/raw", m.showRaw)
	mux.HandleFunc("POST /control/refuse", m.controlRefuse)
	mux.HandleFunc("GET /{$}", m.listPage)
	mux.HandleFunc("GET /view/{id}", m.viewPage)
	mux.HandleFunc("GET /view/{id}/html", m.viewHTML)
	mux.HandleFunc("GET /mailbox.js", serveScript)
	mux.HandleFunc("GET /mailbox.css", serveStyle)
	mux.HandleFunc("GET /livez", ok)
	mux.HandleFunc("GET /readyz", ok)
	return http.NewCrossOriginProtection().Handler(mux)
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// The JSON below has mailpit's names and kinds, capitals included
// (https://mailpit.axllent.org/docs/api-v1/).

type messagesJSON struct {
	Total          int           `json:"total"`
	Unread         int           `json:"unread"`
	Count          int           `json:"count"` // in this answer
	MessagesCount  int           `json:"messages_count"`
	MessagesUnread int           `json:"messages_unread"`
	Start          int           `json:"start"`
	Tags           []string      `json:"tags"`
	Messages       []summaryJSON `json:"messages"`
}

type summaryJSON struct {
	ID          string
	MessageID   string
	Read        bool
	From        *mail.Address
	To          []*mail.Address
	Cc          []*mail.Address
	Bcc         []*mail.Address
	ReplyTo     []*mail.Address
	Subject     string
	Created     time.Time
	Username    string
	Tags        []string
	Size        int
	Attachments int
	Snippet     string
}

type messageJSON struct {
	ID              string
	MessageID       string
	From            *mail.Address
	To              []*mail.Address
	Cc              []*mail.Address
	Bcc             []*mail.Address
	ReplyTo         []*mail.Address
	ReturnPath      string
	Subject         string
	ListUnsubscribe unsubscribeJSON
	Date            time.Time
	Tags            []string
	Username        string
	Text            string
	HTML            string
	Size            int
	Inline          []attachment
	Attachments     []attachment
}

type unsubscribeJSON struct {
	Header     string
	Links      []string
	Errors     string
	HeaderPost string
}

func (m *Mailbox) listMessages(w http.ResponseWriter, r *http.Request) {
	start, startOK := count(r.FormValue("start"), 0)
	limit, limitOK := count(r.FormValue("limit"), defaultLimit)
	if !startOK || !limitOK {
		http.Error(w, "start and limit are whole numbers, 0 or more", http.StatusBadRequest)
		return
	}
	page, total, unread := m.page(start, limit)
	answer := messagesJSON{
		Total: total, Unread: unread, Count: len(page), MessagesCount: total, MessagesUnread: unread,
		Start: start, Tags: []string{}, Messages: make([]summaryJSON, 0, len(page)),
	}
	for _, msg := range page {
		answer.Messages = append(answer.Messages, summaryJSON{
			ID: msg.ID, MessageID: msg.MessageID, Read: msg.Read, From: msg.From,
			To: list(msg.To), Cc: list(msg.Cc), Bcc: list(msg.Bcc), ReplyTo: list(msg.ReplyTo),
			Subject: msg.Subject, Created: msg.Created, Username: msg.Username, Tags: []string{},
			Size: len(msg.Raw), Attachments: len(msg.Attachments), Snippet: msg.snippet(),
		})
	}
	writeJSON(w, answer)
}

func (m *Mailbox) showMessage(w http.ResponseWriter, r *http.Request) {
	msg, found := m.find(r.PathValue("id"))
	if !found {
		http.NotFound(w, r)
		return
	}
	unsubscribe := mail.Header(msg.Headers).Get("List-Unsubscribe")
	writeJSON(w, messageJSON{
		ID: msg.ID, MessageID: msg.MessageID, From: msg.From,
		To: list(msg.To), Cc: list(msg.Cc), Bcc: list(msg.Bcc), ReplyTo: list(msg.ReplyTo),
		ReturnPath: msg.ReturnPath, Subject: msg.Subject,
		ListUnsubscribe: unsubscribeJSON{
			Header: unsubscribe, Links: unsubscribeLinks(unsubscribe),
			HeaderPost: mail.Header(msg.Headers).Get("List-Unsubscribe-Post"),
		},
		Date: msg.Date, Tags: []string{}, Username: msg.Username, Text: msg.Text, HTML: msg.HTML,
		Size: len(msg.Raw), Inline: list(msg.Inline), Attachments: list(msg.Attachments),
	})
}

func (m *Mailbox) showHeaders(w http.ResponseWriter, r *http.Request) {
	msg, found := m.find(r.PathValue("id"))
	if !found {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, msg.Headers)
}

func (m *Mailbox) showRaw(w http.ResponseWriter, r *http.Request) {
	msg, found := m.find(r.PathValue("id"))
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(msg.Raw)
}

func (m *Mailbox) controlRefuse(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Code     int    `json:"code"`
		Enhanced string `json:"enhanced"`
		Message  string `json:"message"`
		Times    int    `json:"times"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&order); err != nil {
		http.Error(w, "expected {code, enhanced?, message, times}: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := m.Refuse(order.Code, order.Enhanced, order.Message, order.Times); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func count(s string, fallback int) (int, bool) {
	if s == "" {
		return fallback, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

// list keeps an empty list from becoming null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func unsubscribeLinks(header string) []string {
	links := []string{}
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if strings.HasPrefix(part, "<") && strings.HasSuffix(part, ">") {
			links = append(links, strings.Trim(part, "<>"))
		}
	}
	return links
}

// snippet is the start of the text on one line.
func (msg *message) snippet() string {
	line := strings.Join(strings.Fields(msg.Text), " ")
	if utf8.RuneCountInString(line) <= snippetRunes {
		return line
	}
	return string([]rune(line)[:snippetRunes]) + "..."
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the client is gone
}
