// Package starter talks to workflows from outside: it delivers hints to an Item's workflow (and starts the workflow
// with the first one), passes on what the merchant does, sends orders, keeps the schedule of reconcile, and starts the
// delivery of outbox messages.
//
// It imports workflows for their names and messages, and internal/inbox and internal/outbox for the errors they
// understand.
//
// Start reading at Starter.Deliver: the line where a webhook becomes a signal.
package starter
