// Package outbox gives every message in the outbox its workflow: it claims rows, starts the workflow whose id is the
// row's key, and marks the row once Temporal has it. What the workflow then does, and for how long, is no business of
// this package.
//
// It knows internal/item alone; the store and the starter are handed in.
//
// Start reading at Relay.Run.
package outbox
