// Package contract checks traffic against Plaid's own OpenAPI file, the one inside the pinned plaid-go module: every
// request, every answer and every webhook body.
// It is for tests only and may not import anything of relink.
// Start reading at NewTransport; differences.go has the table of what today's Plaid has beyond that file.
package contract
