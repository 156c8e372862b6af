// Package starter is everything that talks to an Item's workflow from outside: it delivers hints (and starts the
// workflow with the first one), passes on what the merchant does, and asks how the Item stands. It also starts the
// delivery of messages to neighbours.
//
// It imports workflows for their names and messages, internal/inbox and internal/outbox for the errors they
// understand, and internal/neighbour for the messages to neighbours.
//
// Start reading at Starter.Deliver: the line where a webhook becomes a signal.
package starter
