package readmodel

import (
	"encoding/json"
	"time"
)

// TimelineEntry is one entry of an Item's timeline. Data is the stored JSON; nil when there is none.
type TimelineEntry struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
	// Ref is where the entry is stored: "audit 3" is the Item's third audit row, "inbox 17" an inbox row.
	Ref  string          `json:"ref"`
	Data json.RawMessage `json:"data,omitempty"`
}
