// Package telemetry reports to operators: logs, traces and metrics, none of which may hold a token, a mail address, a
// person's name or a body. It may import internal/item, for the words of labels, and no other package of relink; other
// packages declare the ports that they need, and Telemetry implements them. Start reading at Telemetry; metrics.go has
// the one table of metrics.
package telemetry
