package postgres

import (
	"cmp"
	"slices"
	"time"

	"relink/internal/inbox"
	"relink/internal/item"
)

// claimedRow is a leased row of the inbox, in the order of leaseSQL's columns.
type claimedRow struct {
	item.InboxRow
	ItemID   item.ID
	Attempts int
	Age      float64 // seconds since it was received, by the database's clock
}

// batch groups claimed rows by Item, oldest row first. Hints that say the same about one Item become one hint.
func batch(rows []claimedRow) []inbox.Batch {
	slices.SortFunc(rows, func(a, b claimedRow) int { return cmp.Compare(a.RowID, b.RowID) }) // RETURNING is unordered
	at := map[item.ID]int{}
	var batches []inbox.Batch
	for _, r := range rows {
		i, seen := at[r.ItemID]
		if !seen {
			i = len(batches)
			at[r.ItemID] = i
			batches = append(batches, inbox.Batch{ItemID: r.ItemID})
		}
		b := &batches[i]
		b.RowIDs = append(b.RowIDs, r.RowID)
		b.Attempts = max(b.Attempts, r.Attempts)
		b.Waited = max(b.Waited, time.Duration(r.Age*float64(time.Second)))
		if r.Trace != "" && !slices.Contains(b.Traces, r.Trace) {
			b.Traces = append(b.Traces, r.Trace)
		}
		b.Hints = item.AppendHint(b.Hints, item.HintOf(r.InboxRow))
	}
	return batches
}
