package readmodel

import (
	"encoding/json"
	"time"
)

// TimelineEntry is one line of an Item's timeline.
type TimelineEntry struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
	// Ref says where the line can be found again: "audit 3" is the Item's third audit row, "inbox 17" an inbox row.
	Ref  string          `json:"ref"`
	Data json.RawMessage `json:"data,omitempty"`
}
