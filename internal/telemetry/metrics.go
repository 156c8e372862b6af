package telemetry

import (
	"fmt"
	"strings"

	"relink/internal/item"
)

// The names of relink's metrics.
const (
	webhooks        = "relink_webhooks_total"
	webhooksUnknown = "relink_webhooks_unknown_total"
	inboxRows       = "relink_inbox_rows"
	inboxOldest     = "relink_inbox_oldest_pending_seconds"
	dispatchSeconds = "relink_dispatch_seconds"
	hints           = "relink_hints_total"
	httpRequests    = "relink_http_requests_total"
	httpSeconds     = "relink_http_request_seconds"
	questions       = "relink_plaid_questions_total"
	callSeconds     = "relink_plaid_call_seconds"
	mails           = "relink_mails_total"
	incidents       = "relink_incidents_total"
	deliveries      = "relink_deliveries_total"
	outboxRows      = "relink_outbox_rows"
	outboxOldest    = "relink_outbox_oldest_undelivered_seconds"
	up              = "relink_up"
	buildInfo       = "relink_build_info"
)

type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// metric is one line of the table. Every label has few values, all of them ours. No label names an Item, a merchant or
// a path.
type metric struct {
	name   string
	kind   kind
	labels []string
	help   string
	// buckets of a histogram, in seconds.
	buckets []float64
}

var (
	quick = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}
	slow  = []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}
)

// table is the one list of relink's metrics. docs/metrics.md is generated from it.
func table() []metric {
	return []metric{
		{webhooks, counter, []string{"result"}, "Deliveries at the webhook's door, by what became of them: stored, repeat (the exact same one is stored already), ignored (nothing about an Item's health), dead (signed, but only a person can make something of it), unchecked (the key was out of reach), not_stored, wrong_environment, too_large, unreadable (the body broke off), refused_stale (signed, but too long ago: stored all the same), refused_limited (its source has failed too often; no key was asked for), or refused_ and why it is not Plaid's.", nil},
		{webhooksUnknown, counter, []string{"type"}, "Signed deliveries of a type or code that relink has not been told of, by type; one that is not known either is other. They are stored like any other.", nil},
		{inboxRows, gauge, []string{"state"}, "Inbox rows that somebody still has to do something about: pending, waiting (for their Item's enrolment) and dead letters. Counted when scraped; only at the api, the same at all of them.", nil},
		{inboxOldest, gauge, nil, "Age of the oldest pending inbox row, 0 when there is none. Measured when scraped; only at the api.", nil},
		{dispatchSeconds, histogram, nil, "From the receipt of a batch's oldest row until Temporal had its signal. Webhooks of one Item are at least 4 s apart, on purpose.", slow},
		{hints, counter, []string{"outcome"}, "Inbox rows that the dispatcher handled, by outcome: delivered, ignored (the Item is removed), unavailable (Temporal is; uncounted, again soon), failed (again later), dead, unsettled (Postgres did not take the result; again when the lease ends).", nil},
		{httpRequests, counter, []string{"route", "status"}, "Requests at the public address, by route template and class of status (2xx ... 5xx).", nil},
		{httpSeconds, histogram, []string{"route"}, "How long requests took, by route template.", quick},
		{questions, counter, []string{"result"}, "Questions to Plaid about an Item, by answer: healthy, broken, gone, undecided (the bank is down: nothing said about the connection), throttled, our_fault (our keys or set-up), refused, failed.", nil},
		{callSeconds, histogram, []string{"path", "status"}, "Calls of Plaid's API, by path and class of status; status is none when no answer came.", quick},
		{mails, counter, []string{"kind", "outcome"}, "Mails handed to the mail server, by kind (" + spoken(item.MailKinds()) + ") and outcome: taken, undeliverable, or failed (tried again). A retry counts again.", nil},
		{incidents, counter, []string{"step", "cause"}, "Steps of incidents as they are recorded (" + spoken(item.Steps()) + "), by cause, which a healed one has none of. A step that is recorded again after a crash counts again.", nil},
		{deliveries, counter, []string{"destination", "event", "outcome"}, "Messages handed to neighbours, by destination, class of event (item; plaid for webhooks that are passed on) and outcome: delivered, throttled (it said when to come back), our_fault (our keys or set-up), refused (for good), or failed (tried again). A retry counts again.", nil},
		{outboxRows, gauge, []string{"destination", "state"}, "Messages that a neighbour does not have, by destination: waiting (for their time or their workflow), under_way, and failed (given up). Counted when scraped; only at a worker that has the neighbour, the same at all of them.", nil},
		{outboxOldest, gauge, []string{"destination"}, "How long the oldest message that a neighbour does not have and may still get has been due, 0 when there is none. Measured when scraped; only at a worker that has the neighbour.", nil},
		{up, gauge, []string{"part"}, "Whether postgres and temporal answer this process: 1 or 0, asked when scraped.", nil},
		{buildInfo, gauge, []string{"version", "revision", "go"}, "Always 1; what runs.", nil},
	}
}

// Document returns the text of docs/metrics.md.
func Document() string {
	var b strings.Builder
	b.WriteString(`# Metrics

` + "`GET /metrics` at `ADMIN_ADDR`" + ` of api and worker, in Prometheus' text form. This page is made from the table in
` + "`internal/telemetry/metrics.go`: `go test ./internal/telemetry -update`." + `

| metric | type | labels | meaning |
|---|---|---|---|
`)
	for _, m := range table() {
		labels := make([]string, len(m.labels))
		for i, l := range m.labels {
			labels[i] = "`" + l + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.name, m.kind, strings.Join(labels, " "), m.help)
	}
	b.WriteString(`
No label names an Item, a merchant or a person: the log has those, one line for each request and each batch of hints.

Beside these there are:

- ` + "`temporal_*`" + `: what the Temporal SDK measures of itself (requests, latencies, task slots, sticky cache), under the SDK's own names, with
  ` + "`_total`" + ` behind counters and ` + "`_seconds`" + ` behind latencies;
- ` + "`go_*`, `process_*`" + `: Go's runtime and the process.
`)
	return b.String()
}
