package telemetry

import (
	"maps"
	"slices"
	"strings"
)

// words are what a label can say, where that is a fixed set; by metric and label.
func words() map[string]map[string][]string {
	return map[string]map[string][]string{
		webhooks: {"result": {
			"stored", "repeat", "ignored", "dead", "unchecked", "not_stored", "wrong_environment", "too_large", "unreadable",
			"refused_stale", "refused_limited", "refused_token_missing", "refused_token_malformed", "refused_algorithm", "refused_key_id_missing",
			"refused_key_unknown", "refused_key_expired", "refused_signature", "refused_issued_in_future", "refused_body_changed",
		}},
		inboxRows:  {"state": {"pending", "waiting", "dead"}},
		hints:      {"outcome": {"delivered", "ignored", "unavailable", "failed", "dead", "unsettled"}},
		questions:  {"result": {"healthy", "broken", "gone", "undecided", "throttled", "our_fault", "refused", "failed"}},
		mails:      {"kind": {"reminder", "reconnected"}, "outcome": {"taken", "undeliverable", "failed"}},
		incidents:  {"step": {"opened", "changed", "closed", "escalated", "ordered", "rule_violation"}},
		deliveries: {"event": {"item", "plaid"}, "outcome": {"delivered", "throttled", "refused", "failed"}},
		outboxRows: {"state": {"waiting", "under_way", "failed"}},
		up:         {"part": {"postgres", "temporal"}},
	}
}

// Labels answers the labels that a scraped series has (a histogram has three), with what each can say, nil where that
// is no fixed set. ok is false for what is not relink's.
func Labels(series string) (labels map[string][]string, ok bool) {
	for _, m := range table() {
		suffixes := []string{""}
		if m.kind == histogram {
			suffixes = []string{"_bucket", "_sum", "_count"}
		}
		suffix, ours := strings.CutPrefix(series, m.name)
		if !ours || !slices.Contains(suffixes, suffix) {
			continue
		}
		labels = map[string][]string{}
		for _, l := range m.labels {
			labels[l] = nil
		}
		maps.Copy(labels, words()[m.name])
		if suffix == "_bucket" {
			labels["le"] = nil
		}
		return labels, true
	}
	return nil, false
}
