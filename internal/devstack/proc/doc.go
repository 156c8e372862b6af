// Package proc starts child processes that end with us, however we end: by a return, a signal or kill -9.
// It imports only the standard library.
// Start with [Start]; [DieWithParent] keeps the same promise from the child's side, for programs under go run.
package proc
