package postgres

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"relink/internal/item"
)

type claimedRow struct {
	RowID    int64
	ItemID   item.ID
	Source   item.Source
	Code     string
	Stale    bool
	Until    time.Time
	Attempts int
	Age      float64 // seconds
	Trace    string
	At       time.Time // received
	Reason   string    // of a PENDING_DISCONNECT; of a SESSION_FINISHED its status
}

// evidence reports a webhook that says what Plaid, asked, would not: an end ahead, with its date. It does not grow old.
func (r claimedRow) evidence() bool {
	return r.Code == item.PendingDisconnect || r.Code == item.PendingExpiration
}

// batch groups claimed rows by Item, oldest row first. Hints that say the same about one Item become one hint.
func batch(rows []claimedRow) []item.Batch {
	slices.SortFunc(rows, func(a, b claimedRow) int { return cmp.Compare(a.RowID, b.RowID) }) // RETURNING is unordered
	at := map[item.ID]int{}
	var batches []item.Batch
	for _, r := range rows {
		i, seen := at[r.ItemID]
		if !seen {
			i = len(batches)
			at[r.ItemID] = i
			batches = append(batches, item.Batch{ItemID: r.ItemID})
		}
		b := &batches[i]
		b.RowIDs = append(b.RowIDs, r.RowID)
		b.Attempts = max(b.Attempts, r.Attempts)
		b.Waited = max(b.Waited, time.Duration(r.Age*float64(time.Second)))
		if r.Trace != "" && !slices.Contains(b.Traces, r.Trace) {
			b.Traces = append(b.Traces, r.Trace)
		}
		b.Hints = appendHint(b.Hints, r)
	}
	return batches
}

func appendHint(hints []item.Hint, r claimedRow) []item.Hint {
	h := item.Hint{Source: r.Source, Code: r.Code, InboxIDs: []int64{r.RowID}, Trace: r.Trace}
	switch {
	case r.Source == item.FromOperator && r.Code == item.RemoveAsked:
		h.At = r.At.UTC()
	case r.evidence():
		h.At, h.Reason = r.At.UTC(), r.Reason
	case r.Stale:
		h.Code = item.StaleWebhook // what it said may be long over: it is a reason to look, and no more
	}
	if h.Code == item.SessionFinished {
		h.Code = item.LinkLeft
		if strings.EqualFold(r.Reason, "SUCCESS") { // in any case: https://plaid.com/docs/link/hosted-link
			h.Code = item.LinkFinished
		}
	}
	if r.Until.Unix() > 0 {
		h.Until = r.Until.UTC()
	}
	// Only a neighbour is folded in: the order of different hints, opened before finished, is worth keeping.
	if n := len(hints); n > 0 && h.Until.IsZero() && hints[n-1].Source == h.Source && hints[n-1].Code == h.Code {
		hints[n-1].InboxIDs = append(hints[n-1].InboxIDs, r.RowID)
		return hints
	}
	return append(hints, h)
}
