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
	// ItemID is empty when the webhook names no Item, or was not understood.
	ItemID item.ID `json:"item_id,omitempty"`
	Code   string  `json:"code"`
	// Reason is why it is dead: the last error, or what was wrong with it when it came.
	Reason string `json:"reason"`
	// Attempts counts the tries to deliver it, Repeats how often Plaid sent exactly the same again, Replays how often a
	// person replayed it.
	Attempts int    `json:"attempts"`
	Repeats  int    `json:"repeats"`
	Replays  int    `json:"replays"`
	Trace    string `json:"trace,omitempty"`
	// Body is the redacted body; null when there is none.
	Body json.RawMessage `json:"body,omitempty"`
}

// DeadFilter chooses dead letters. An empty field chooses all. The times are those of receipt.
type DeadFilter struct {
	// IDs are inbox ids. Each must be the id of a dead letter.
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

// DeadOrder is a person's order to replay or discard dead letters.
type DeadOrder struct {
	Filter DeadFilter
	// Expect is how many dead letters the person saw. If another number matches, nothing is done. A negative number
	// accepts any.
	Expect int
	// By is who gave the order, Why the reason in their own words. Both stay in the Items' audits, so they must hold no
	// merchant's name and no secret.
	By, Why string
}

// DeadTally is the result of an order.
type DeadTally struct {
	Matches int `json:"matches"`
	Done    int `json:"done"`
	// Still are the dead letters that stay dead, with the reason.
	Still []StillDead `json:"still_dead,omitempty"`
}

// StillDead is a dead letter that a replay could not deliver.
type StillDead struct {
	InboxID int64  `json:"inbox_id"`
	Reason  string `json:"reason"`
}

// ErrNoDeadLetter is returned when the inbox has no such dead letter, or no longer has it.
var ErrNoDeadLetter = errors.New("no such dead letter")

// DeadCountError is returned when another number of dead letters matches than was expected. Nothing was done.
type DeadCountError struct{ Expected, Matches int }

func (e *DeadCountError) Error() string {
	return fmt.Sprintf("%d dead letters were expected, and %d match: nothing was done", e.Expected, e.Matches)
}
