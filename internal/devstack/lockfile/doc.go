// Package lockfile takes exclusive locks that end with the processes that hold them, however these end.
// It imports only the standard library.
// Start with [Acquire].
package lockfile
