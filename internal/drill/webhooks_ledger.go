package drill

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
)

// key names a delivery as relink's inbox does: sha256(token 0x00 body).
type key [sha256.Size]byte

func keyOf(token, body string) key {
	return sha256.Sum256([]byte(token + "\x00" + body))
}

// short is enough of the key to find its row.
func (k key) short() string { return hex.EncodeToString(k[:6]) }

// ledger holds the answers that the sender got. Only 200 is a promise.
type ledger struct {
	mu       sync.Mutex
	promised map[key]int // 200s by delivery
	acked    int         // 200s in all
	refused  map[int]int // other answers by status; 0 means no answer
}

func newLedger() *ledger {
	return &ledger{promised: map[key]int{}, refused: map[int]int{}}
}

func (l *ledger) note(k key, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if status != 200 {
		l.refused[status]++
		return
	}
	l.promised[k]++
	l.acked++
}

// tally returns how many 200s there were, and how many other answers or missing ones.
func (l *ledger) tally() (acked, resent int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.refused {
		resent += n
	}
	return l.acked, resent
}

// row is a delivery in relink's inbox.
type row struct {
	repeats int
	state   string
}

// losses names every delivery with more 200s than the inbox has counted. The inbox may have counted more than were
// promised: some were killed between the commit and the answer.
func losses(promised map[key]int, inbox map[key]row) []string {
	var lost []string
	for k, promises := range promised {
		r, kept := inbox[k]
		switch {
		case !kept:
			lost = append(lost, fmt.Sprintf("delivery %s was answered 200 and is not in the inbox", k.short()))
		case 1+r.repeats < promises:
			lost = append(lost, fmt.Sprintf("delivery %s was answered 200 %d times and is counted %d times",
				k.short(), promises, 1+r.repeats))
		}
	}
	return lost
}

// unsettled counts by state the rows that still wait for somebody: pending, waiting for their Item, or dead.
func unsettled(inbox map[key]row) map[string]int {
	open := map[string]int{}
	for _, r := range inbox {
		if r.state != "delivered" && r.state != "ignored" {
			open[r.state]++
		}
	}
	return open
}
