// Package worker runs the workflows and activities; any number of workers may run at once.
//
// It imports workflows, activities, internal/item and Temporal's SDK, and no adapter: the activities are handed in.
//
// Start reading at Run; Register is the one list of workflows.
package worker
