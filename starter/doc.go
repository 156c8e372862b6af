// Package starter is everything that talks to an Item's workflow from outside: it delivers hints (and starts the
// workflow with the first one), passes on what the merchant does, and asks how the Item stands.
//
// It imports workflows for their names and messages, and internal/inbox for the errors its dispatcher understands.
//
// Start reading at Starter.Deliver: the line where a webhook becomes a signal.
package starter
