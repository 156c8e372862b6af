package mailbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit = 50 // mailpit's
	snippetRunes = 250
)

// Handler serves mailpit's API (GET /api/v1/messages, /api/v1/message/{id} with /headers and /raw; id may be "latest"),
// the page (GET /, /view/{id}), POST /control/refuse for tests, and GET /livez and /readyz.
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/messages", m.listMessages)
	mux.HandleFunc("GET /api/v1/message/{id}", m.shown(func(w http.ResponseWriter, msg message) { writeJSON(w, msg) }))
	mux.HandleFunc("GET /api/v1/message/{id}/headers", m.shown(func(w http.ResponseWriter, msg message) { writeJSON(w, msg.headers) }))
	mux.HandleFunc("GET /api/v1/message/{id}/raw", m.shown(func(w http.ResponseWriter, msg message) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(msg.raw)
	}))
	mux.HandleFunc("POST /control/refuse", m.controlRefuse)
	mux.HandleFunc("GET /{$}", m.listPage)
	mux.HandleFunc("GET /view/{id}", m.shown(func(w http.ResponseWriter, msg message) { render(w, "view.html", msg) }))
	mux.HandleFunc("GET /view/{id}/html", m.shown(showHTML))
	mux.HandleFunc("GET /mailbox.js", asset)
	mux.HandleFunc("GET /mailbox.css", asset)
	ok := func(http.ResponseWriter, *http.Request) {}
	mux.HandleFunc("GET /livez", ok)
	mux.HandleFunc("GET /readyz", ok)
	return http.NewCrossOriginProtection().Handler(mux)
}

// shown finds the mail that the path names, and marks it read.
func (m *Mailbox) shown(show func(w http.ResponseWriter, msg message)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		msg, found := m.find(r.PathValue("id"))
		if !found {
			http.NotFound(w, r)
			return
		}
		show(w, msg)
	}
}

type summaryJSON struct {
	head
	Read        bool
	Created     time.Time
	Attachments int
	Snippet     string
}

func (m *Mailbox) listMessages(w http.ResponseWriter, r *http.Request) {
	start, startOK := count(r.FormValue("start"), 0)
	limit, limitOK := count(r.FormValue("limit"), defaultLimit)
	if !startOK || !limitOK {
		http.Error(w, "start and limit are whole numbers, 0 or more", http.StatusBadRequest)
		return
	}
	page, total, unread := m.page(start, limit)
	messages := make([]summaryJSON, len(page))
	for i, msg := range page {
		messages[i] = summaryJSON{msg.head, msg.Read, msg.Created, len(msg.Attachments), msg.snippet()}
	}
	writeJSON(w, map[string]any{
		"total": total, "unread": unread, "count": len(page), "messages_count": total, "messages_unread": unread,
		"start": start, "tags": []string{}, "messages": messages,
	})
}

func (m *Mailbox) controlRefuse(w http.ResponseWriter, r *http.Request) {
	var order struct { // its JSON has these names in lower case
		Code              int
		Enhanced, Message string
		Times             int
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&order)
	if err == nil {
		err = m.Refuse(order.Code, order.Enhanced, order.Message, order.Times)
	}
	if err != nil {
		http.Error(w, "expected {code, enhanced?, message, times}: "+err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func count(s string, fallback int) (n int, ok bool) {
	if s == "" {
		return fallback, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

// snippet returns the start of the text on one line.
func (msg *message) snippet() string {
	line := []rune(strings.Join(strings.Fields(msg.Text), " "))
	if len(line) > snippetRunes {
		line = append(line[:snippetRunes], []rune("...")...)
	}
	return string(line)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // an error means that the client is gone
}
