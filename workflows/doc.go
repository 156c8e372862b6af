// Package workflows is the life of an Item as Temporal runs it, events in and effects out, and the delivery of what
// neighbours are told.
//
// Everything here must replay: no clock but workflow.Now, no goroutine but workflow.Go, no I/O, no ranging over maps,
// no package state; it imports activities for their names and arguments, internal/item for every decision, and no
// adapter. Signals are read in the one coroutine that also decides to continue as new, since a signal that sits in the
// channel when a run ends is lost.
//
// Start reading at Item: it is the table of contents.
package workflows
