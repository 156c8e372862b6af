package item

import (
	"strings"
	"time"
)

// InboxRow is one stored webhook, merchant action or operator command: the part that a hint is made from.
type InboxRow struct {
	RowID  int64
	Source Source
	Code   string
	// Stale marks a webhook that Plaid signed too long ago.
	Stale bool
	// Until is what Hint.Until will be; zero, or the Unix epoch, when the row has none.
	Until      time.Time
	ReceivedAt time.Time
	// Reason is a PendingDisconnect's reason and a SessionFinished's status; empty for every other code.
	Reason string
	Trace  string // W3C traceparent; empty when nothing was traced
}

// evidence reports a webhook that announces an end with its date, which Plaid's answers do not mention. Its age does
// not matter.
func (r InboxRow) evidence() bool { return r.Code == PendingDisconnect || r.Code == PendingExpiration }

// HintOf returns what a row of the inbox means to its Item's workflow.
func HintOf(r InboxRow) Hint {
	h := Hint{Source: r.Source, Code: r.Code, InboxIDs: []int64{r.RowID}, Trace: r.Trace}
	switch {
	case r.Source == FromOperator && r.Code == RemoveAsked:
		h.At = r.ReceivedAt.UTC()
	case r.evidence():
		h.At, h.Reason = r.ReceivedAt.UTC(), r.Reason
	case r.Stale:
		h.Code = StaleWebhook // what it said may no longer be true, so it is only a reason to ask Plaid
	}
	if h.Code == SessionFinished {
		h.Code = LinkLeft
		if strings.EqualFold(r.Reason, "SUCCESS") { // in any case: https://plaid.com/docs/link/hosted-link
			h.Code = LinkFinished
		}
	}
	if r.Until.Unix() > 0 {
		h.Until = r.Until.UTC()
	}
	return h
}

// AppendHint adds a hint to those of the same Item. A hint that says the same as the last one is folded into it. Only
// the last one is looked at, because the order of different hints, opened before finished, is worth keeping.
func AppendHint(hints []Hint, h Hint) []Hint {
	if n := len(hints); n > 0 && h.Until.IsZero() && hints[n-1].Source == h.Source && hints[n-1].Code == h.Code {
		hints[n-1].InboxIDs = append(hints[n-1].InboxIDs, h.InboxIDs...)
		return hints
	}
	return append(hints, h)
}
