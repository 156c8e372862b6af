// Package outbox starts a workflow for every message in the outbox: it claims rows, starts the workflow whose id is
// made from the row's key, and marks the row once Temporal has the workflow. The workflow delivers the message, on its
// own time.
//
// It imports internal/neighbour and internal/breaker only; the store and the starter are handed in.
//
// Start reading at Relay.Run.
package outbox
