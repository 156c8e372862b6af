// Package httpserver runs the HTTP servers of every process: one set of timeouts and limits, a shutdown that finishes
// the requests under way, and the pages that show an operator whether a process is healthy.
//
// It imports no other package of relink: the handlers and the checks are handed in.
//
// Start reading at Serve.
package httpserver
