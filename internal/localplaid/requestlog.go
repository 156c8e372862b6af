package localplaid

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// requestEntry is one call of Plaid's API or of Link. It holds no body, no header and no query, and a path only where
// it is one of ours: tokens travel in all of those.
type requestEntry struct {
	Time time.Time `json:"time"`
	requestKind
}

// requestKind is what calls are counted by.
type requestKind struct {
	Path   string `json:"path"`
	ItemID string `json:"item_id,omitempty"`
	Status int    `json:"status"`
}

// is reports whether a query is for this kind of call; an empty path or itemID means any.
func (k requestKind) is(path, itemID string) bool {
	return (path == "" || k.Path == path) && (itemID == "" || k.ItemID == itemID)
}

type requestCount struct {
	requestKind
	Count int `json:"count"`
}

// keepRequests bounds the log, which forgets its oldest entries. The counts beside it forget nothing.
const keepRequests = 20_000

type requestLog struct {
	room int // most entries

	mu      sync.Mutex
	entries []requestEntry
	counts  map[requestKind]int
}

func (l *requestLog) add(e requestEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= l.room {
		l.entries = append(l.entries[:0], l.entries[max(1, len(l.entries)/10):]...)
	}
	l.entries = append(l.entries, e)
	l.counts[e.requestKind]++
}

// list returns the calls still in the log, oldest first.
func (l *requestLog) list(path, itemID string) []requestEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	shown := []requestEntry{}
	for _, e := range l.entries {
		if e.is(path, itemID) {
			shown = append(shown, e)
		}
	}
	return shown
}

// count returns how many calls there ever were, in all and by kind, sorted by kind.
func (l *requestLog) count(path, itemID string) (total int, kinds []requestCount) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kinds = []requestCount{}
	for kind, n := range l.counts {
		if kind.is(path, itemID) {
			total += n
			kinds = append(kinds, requestCount{requestKind: kind, Count: n})
		}
	}
	slices.SortFunc(kinds, func(a, b requestCount) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.ItemID, b.ItemID), cmp.Compare(a.Status, b.Status))
	})
	return total, kinds
}
