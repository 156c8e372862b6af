// Package workflows holds the Temporal workflows: the life of an Item, the delivery of one message to a neighbour, and
// the walk over all Items.
//
// Everything here must replay (no clock but workflow.Now, no goroutine but workflow.Go, no I/O, no ranging over maps,
// no mutable package state, and only the coroutine that decides to continue as new reads signals, since a signal that
// is still in the channel when a run ends is lost), and it may import activities and internal/neighbour for names and
// arguments, internal/item for every decision, and no adapter.
//
// Start reading at ItemWorkflow.Run, which is the table of contents.
package workflows
