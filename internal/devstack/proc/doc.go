// Package proc starts child processes that end with us, however we end: by a return, a signal or kill -9.
// It imports only the standard library and nothing of relink.
// Start with [Start]; [DieWithParent] is the same promise looked at from the child's side, for programs under go run.
package proc
