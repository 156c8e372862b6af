// Package telemetry is how a process of relink reports to its operators: logs, traces and metrics, and one line for
// each request. Nothing that goes through here may hold a token, a mail address, a person's name or a body: routes are
// templates, and this package itself names the attributes of spans and metrics.
// It imports internal/item only, for the words of labels; other packages declare the ports that they need, and
// Telemetry implements them.
// Start with [Telemetry]; metrics.go has the one table of metrics.
package telemetry
