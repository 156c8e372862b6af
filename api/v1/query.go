package v1

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"relink/api/web"
)

// query reads the parameters of a request's query and collects the mistakes in them.
type query struct {
	web.Findings
	sent url.Values
}

// queryOf returns the query of a request. Parameters that are not among names are a mistake.
func queryOf(r *http.Request, names ...string) *query {
	q := &query{sent: r.URL.Query()}
	for name := range q.sent {
		if !slices.Contains(names, name) {
			q.Parameter("query", "has a parameter that is not known here; there are %s", strings.Join(names, ", "))
			break
		}
	}
	return q
}

// text returns a parameter, "" if it is not sent.
func (q *query) text(name string) string {
	text := q.sent.Get(name)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) { // Postgres refuses such a text
		q.Parameter(name, "is not text")
	}
	return text
}

// time returns the time of a parameter, zero if it is not sent.
func (q *query) time(name string) time.Time {
	if q.sent.Get(name) == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, q.sent.Get(name))
	if err != nil {
		q.Parameter(name, "is not a time such as 2026-11-22T12:00:00Z")
	}
	return at
}

// number returns the whole number of a parameter, or byDefault if it is not sent. It must be from 1 to most. With a
// most of 0 it has no upper bound.
func (q *query) number(name string, byDefault, most int) int {
	if q.sent.Get(name) == "" {
		return byDefault
	}
	n, err := strconv.Atoi(q.sent.Get(name))
	switch {
	case most == 0 && (err != nil || n < 1):
		q.Parameter(name, "is not a whole number above 0")
	case most > 0 && (err != nil || n < 1 || n > most):
		q.Parameter(name, "is not a whole number from 1 to %d", most)
	}
	return n
}
