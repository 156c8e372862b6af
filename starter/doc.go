// Package starter talks to the workflows from outside: it delivers hints (and starts an Item's workflow with the first
// one), passes on what the merchant does, sends operator commands, keeps the schedule of reconcile, and starts the
// deliveries of messages to neighbours.
//
// It imports workflows for their names and messages, internal/inbox and internal/outbox for the errors they understand,
// internal/policy and internal/neighbour for their types, and no adapter.
//
// Start reading at Starter.Deliver, where a webhook becomes a signal.
package starter
