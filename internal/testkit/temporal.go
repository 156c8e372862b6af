package testkit

import "testing"

// TemporalServer is where a test's clients and workers dial.
type TemporalServer struct {
	Address   string // host:port
	Namespace string
}

// Temporal returns the run's Temporal, a real server that keeps all data in memory, with the search attributes of
// [SearchAttributes]. All packages share its one namespace, so a test needs task queues and workflow ids of its own. A
// test that kills its server, or needs other settings, uses [OwnTemporal].
func Temporal(tb testing.TB) TemporalServer {
	tb.Helper()
	e := shared(tb, kindTemporal)
	return TemporalServer{Address: e.Address, Namespace: e.Namespace}
}

// SearchAttributes returns those of the Item workflow, by name and type. The workflow has its own list, which this
// package does not import, because then the workflow's tests could not import this package.
func SearchAttributes() map[string]string {
	return map[string]string{
		"RelinkName":        "Keyword",
		"RelinkState":       "Keyword",
		"RelinkEnvironment": "Keyword",
		"RelinkMerchant":    "Keyword",
		"RelinkInstitution": "Keyword",
		"RelinkPartner":     "Keyword",
		"RelinkBrokenSince": "Datetime",
		"RelinkReminders":   "Int",
	}
}
