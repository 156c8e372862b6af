// Package web is what the doors of the api share: the line of the table of routes, errors and the problems that callers
// get of them, JSON, limits, sources, repeated requests, and what is known of a request's caller.
// It may import internal/item, internal/plaid, internal/signin and internal/telemetry, and no door.
// Start reading at Route and Error, then Problem.
package web
