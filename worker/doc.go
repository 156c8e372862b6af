// Package worker runs the workflows and activities. It may run many times over.
//
// It imports workflows and activities and the SDK; the adapters behind the activities are handed in.
//
// Start reading at Run; Register is the one list of what is registered.
package worker
