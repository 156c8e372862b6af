// Package telemetry is how a process of relink speaks to its operators: logs, traces and metrics, and one line for each
// request.
//
// It imports no other package of relink; whoever is watched declares the port that it wants, and Watch fills it. Nothing
// that goes through here may hold a token, a mail address, a person's name or a body: routes are templates, and what
// spans and metrics say is written out in this package, never copied from a request.
//
// Start reading at Watch; metrics.go has the one table of metrics.
package telemetry
