// Package outbox claims the rows of the outbox, starts for each the workflow that delivers it, and marks the row once
// Temporal has the workflow.
//
// It may import internal/neighbour and internal/breaker only; the store and the starter are handed in.
//
// Start reading at Relay.Run.
package outbox
