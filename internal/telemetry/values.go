package telemetry

import (
	"maps"
	"slices"
	"strings"

	"relink/internal/item"
)

// words returns the values of labels, by metric and label, where they are a fixed set. Words of the rules come from the
// rules' own lists.
func words() map[string]map[string][]string {
	return map[string]map[string][]string{
		webhooks: {"result": {
			"stored", "repeat", "ignored", "dead", "unchecked", "not_stored", "wrong_environment", "too_large", "unreadable",
			"refused_stale", "refused_limited", "refused_token_missing", "refused_token_malformed", "refused_algorithm",
			"refused_key_id_missing",
			"refused_key_unknown", "refused_key_expired", "refused_signature", "refused_issued_in_future", "refused_body_changed",
		}},
		inboxRows:  {"state": {"pending", "waiting", "dead"}},
		hints:      {"outcome": {"delivered", "ignored", "unavailable", "failed", "dead", "unsettled"}},
		questions:  {"result": {"healthy", "broken", "gone", "undecided", "throttled", "our_fault", "refused", "failed"}},
		mails:      {"kind": texts(item.MailKinds()), "outcome": {"taken", "undeliverable", "failed"}},
		incidents:  {"step": texts(item.Steps()), "cause": append(texts(item.Causes()), "")}, // a closed incident has no cause
		deliveries: {"event": {"item", "plaid"}, "outcome": {"delivered", "throttled", "our_fault", "refused", "failed"}},
		outboxRows: {"state": {"waiting", "under_way", "failed"}},
		up:         {"part": {"postgres", "temporal"}},
	}
}

// texts returns the words of a list of the rules as text.
func texts[W ~string](list []W) []string {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return all
}

// spoken returns a list of words for a sentence: "reminder, expiring, reconnected".
func spoken[W ~string](list []W) string { return strings.Join(texts(list), ", ") }

// Labels returns the labels of a scraped series (a histogram has three series), each with its values, or with nil where
// these are no fixed set. ok is false for a series that is not relink's.
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
