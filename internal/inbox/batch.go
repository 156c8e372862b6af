package inbox

import (
	"time"

	"relink/internal/item"
)

// Batch is what the inbox holds for one Item, claimed together and delivered as one signal.
type Batch struct {
	ItemID   item.ID
	Hints    []item.Hint
	RowIDs   []int64
	Attempts int // the most tries of any of the rows, this one included
	// Waited is how long the oldest row had been in the inbox when it was claimed, by the inbox's own clock.
	Waited time.Duration
	// Traces are the W3C traceparents that the rows were stored under, each once, the oldest row's first.
	Traces []string
}
