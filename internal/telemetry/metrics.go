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
		{
			webhooks, counter,
			[]string{"result"},
			"Plaid's deliveries, by result: stored, repeat (the exact same delivery is stored already), ignored (it " +
				"is not about an Item's health), dead (signed, but only a person can handle it), unchecked (the key was " +
				"out of reach), not_stored, wrong_environment, too_large, unreadable (the body broke off), refused_stale " +
				"(signed, but too long ago; it is stored as well), refused_limited (its source has failed too often, so " +
				"no key was looked up), or refused_ and why it is not Plaid's.", nil,
		},
		{
			webhooksUnknown, counter,
			[]string{"type"},
			"Signed deliveries of a type or code that relink does not know, by type. The type is other if it is not " +
				"known either. They are stored like any other delivery.", nil,
		},
		{
			inboxRows, gauge,
			[]string{"state"},
			"Inbox rows that still need work: pending, waiting (for their Item's enrolment) and dead letters. Counted " +
				"when scraped; only at the api, the same at all of them.", nil,
		},
		{inboxOldest, gauge, nil, "Age of the oldest pending inbox row, 0 when there is none. Measured when scraped; only at the api.", nil},
		{
			dispatchSeconds, histogram, nil,
			"Time from the receipt of a batch's oldest row until Temporal had its signal. Webhooks of one Item are at " +
				"least 4 s apart, on purpose.", slow,
		},
		{
			hints, counter,
			[]string{"outcome"},
			"Inbox rows that the dispatcher handled, by outcome: delivered, ignored (the Item is removed), " +
				"unavailable (Temporal is; not counted as an attempt, tried again soon), failed (tried again later), " +
				"dead, unsettled (Postgres did not store the result; tried again when the lease ends).", nil,
		},
		{
			httpRequests, counter,
			[]string{"route", "status"},
			"Requests at the public address, by route template and class of status (2xx ... 5xx).", nil,
		},
		{httpSeconds, histogram, []string{"route"}, "Duration of requests, by route template.", quick},
		{
			questions, counter,
			[]string{"result"},
			"Queries to Plaid about an Item, by result: healthy, broken, gone, undecided (the bank is down, so " +
				"nothing is known about the connection), throttled, our_fault (our keys or set-up), refused, failed.", nil,
		},
		{
			callSeconds, histogram,
			[]string{"path", "status"},
			"Calls of Plaid's API, by path and class of status; status is none when no response came.", quick,
		},
		{
			mails, counter,
			[]string{"kind", "outcome"},
			"Mails handed to the mail server, by kind (" + spoken(item.MailKinds()) + ") and outcome: taken, " +
				"undeliverable, or failed (tried again). A retry counts again.", nil,
		},
		{
			incidents, counter,
			[]string{"step", "cause"},
			"Recorded steps of incidents (" + spoken(item.Steps()) + "), by cause; a closed incident has none. A step " +
				"that is recorded again after a crash counts again.", nil,
		},
		{
			deliveries, counter,
			[]string{"destination", "event", "outcome"},
			"Messages handed to neighbours, by destination, class of event (item; plaid for forwarded webhooks) and " +
				"outcome: delivered, throttled (the neighbour said when to try again), our_fault (our keys or set-up), " +
				"refused (not tried again), or failed (tried again). A retry counts again.", nil,
		},
		{
			outboxRows, gauge,
			[]string{"destination", "state"},
			"Messages that a neighbour does not have, by destination: waiting (for their time or their workflow), " +
				"under_way, and failed (given up). Counted when scraped; only at a worker that has the neighbour, the " +
				"same at all of them.", nil,
		},
		{
			outboxOldest, gauge,
			[]string{"destination"},
			"How long the oldest message that a neighbour does not have and may still get has been due, 0 when there " +
				"is none. Measured when scraped; only at a worker that has the neighbour.", nil,
		},
		{up, gauge, []string{"part"}, "Whether postgres and temporal respond to this process: 1 or 0, checked when scraped.", nil},
		{buildInfo, gauge, []string{"version", "revision", "go"}, "Always 1; the labels name the running build.", nil},
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

- ` + "`temporal_*`" + `: what the Temporal SDK measures of itself (requests, latencies, task slots, ` +
		`sticky cache), under the SDK's own names, with
  ` + "`_total`" + ` behind counters and ` + "`_seconds`" + ` behind latencies;
- ` + "`go_*`, `process_*`" + `: Go's runtime and the process.
`)
	return b.String()
}
