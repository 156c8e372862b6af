package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"relink/internal/item"
)

// DeadLetter is an inbox row that only a person can still do something about.
type DeadLetter struct {
	InboxID    int64     `json:"inbox_id"`
	ReceivedAt time.Time `json:"received_at"`
	// EndedAt is when it became a dead letter.
	EndedAt time.Time   `json:"ended_at"`
	Source  item.Source `json:"source"`
	// ItemID is empty when it names no Item, or was not understood.
	ItemID item.ID `json:"item_id,omitempty"`
	Code   string  `json:"code"`
	// Reason is why it is dead: the last error, or what was wrong with it when it came.
	Reason string `json:"reason"`
	// Attempts is how often it was tried to deliver it, Repeats how often Plaid sent the exact same again, Replays how
	// often a person sent it on its way again.
	Attempts int    `json:"attempts"`
	Repeats  int    `json:"repeats"`
	Replays  int    `json:"replays"`
	Trace    string `json:"trace,omitempty"`
	// Body is the redacted body; null when there is none.
	Body json.RawMessage `json:"body,omitempty"`
}

// DeadFilter chooses dead letters; what is empty chooses all. The times are those of receipt.
type DeadFilter struct {
	// IDs are inbox ids. Each must be a dead letter's.
	IDs    []int64   `json:"-"`
	Code   string    `json:"code,omitempty"`
	ItemID item.ID   `json:"item_id,omitempty"`
	Reason string    `json:"reason,omitempty"` // a part of it, in any case
	Before time.Time `json:"before,omitzero"`
	After  time.Time `json:"after,omitzero"`
	// Limit is the most that a list holds; 0 means as many as it can hold. Nothing else reads it.
	Limit int `json:"-"`
}

// All reports whether the filter chooses every dead letter there is.
func (f DeadFilter) All() bool {
	return len(f.IDs) == 0 && f.Code == "" && f.ItemID == "" && f.Reason == "" && f.Before.IsZero() && f.After.IsZero()
}

// DeadOrder is what a person wants done with dead letters.
type DeadOrder struct {
	Filter DeadFilter
	// Expect is how many they were told there are: nothing is done with another number. Negative is any number.
	Expect int
	// By says who wants it, Why in their own words what for. Both stay in the Items' audits: no names, no secrets.
	By, Why string
}

// DeadTally says what became of an order.
type DeadTally struct {
	Matches int `json:"matches"`
	Done    int `json:"done"`
	// Still are those that are dead letters as before, and why.
	Still []StillDead `json:"still_dead,omitempty"`
}

// StillDead is a dead letter that a replay could make nothing of.
type StillDead struct {
	InboxID int64  `json:"inbox_id"`
	Reason  string `json:"reason"`
}

// ErrNoDeadLetter: the inbox has no such dead letter (any more).
var ErrNoDeadLetter = errors.New("no such dead letter")

// DeadCountError is an order for another number of dead letters than there are. Nothing was done.
type DeadCountError struct{ Expected, Matches int }

func (e *DeadCountError) Error() string {
	return fmt.Sprintf("%d dead letters were expected, and %d match: nothing was done", e.Expected, e.Matches)
}
