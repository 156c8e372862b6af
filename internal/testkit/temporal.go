package testkit

import "testing"

// TemporalServer is where a test's clients and workers dial.
type TemporalServer struct {
	Address   string // host:port
	Namespace string
}

// Temporal gives the run's Temporal, a real server that keeps nothing, with the search attributes of [SearchAttributes]. All packages share its
// one namespace: a test takes task queues and workflow ids of its own. One that kills its server, or needs other settings, takes [OwnTemporal].
func Temporal(tb testing.TB) TemporalServer {
	tb.Helper()
	e := shared(tb, kindTemporal)
	return TemporalServer{Address: e.Address, Namespace: e.Namespace}
}

// SearchAttributes are those of the Item workflow, by name and type. They stand here a second time, beside the workflow's own: were
// they imported, the workflow's tests could not use this package.
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
