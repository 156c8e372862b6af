// Package workflows is the life of an Item as Temporal runs it, events in and effects out, beside the delivery of
// messages to neighbours and the walk over all Items.
//
// Everything here must replay (no clock but workflow.Now, no goroutine but workflow.Go, no I/O, no ranging over maps,
// no package state, and signals are read only in the coroutine that also decides to continue as new, since a signal
// that sits in the channel when a run ends is lost), and it may import activities for their names and arguments,
// internal/item for every decision, and no adapter.
//
// Start reading at ItemWorkflow.Run: it is the table of contents.
package workflows
