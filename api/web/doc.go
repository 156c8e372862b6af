// Package web holds what the doors of the api share: routes, errors and problems, JSON, limits, failing sources and
// repeated requests.
// It may import internal/item, internal/plaid, internal/signin and internal/telemetry, and no door.
// Start reading at Route and Error, then Problem.
package web
