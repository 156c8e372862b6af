package sandbox

import (
	"sync"
	"time"
)

// requestEntry is one call of Plaid's API or of Link. It holds no body, no header and no query, and a path only where it
// is one of ours: tokens travel in all of those.
type requestEntry struct {
	Time   time.Time `json:"time"`
	Path   string    `json:"path"`
	ItemID string    `json:"item_id,omitempty"`
	Status int       `json:"status"`
}

// keepRequests bounds the log; the oldest entries are forgotten.
const keepRequests = 20_000

type requestLog struct {
	mu      sync.Mutex
	entries []requestEntry
}

func (l *requestLog) add(e requestEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= keepRequests {
		l.entries = append(l.entries[:0], l.entries[len(l.entries)/10:]...)
	}
	l.entries = append(l.entries, e)
}

// list shows the calls, oldest first; an empty path or itemID means any.
func (l *requestLog) list(path, itemID string) []requestEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	shown := []requestEntry{}
	for _, e := range l.entries {
		if (path == "" || e.Path == path) && (itemID == "" || e.ItemID == itemID) {
			shown = append(shown, e)
		}
	}
	return shown
}
