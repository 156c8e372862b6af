// Package contract holds traffic against Plaid's own OpenAPI file, the one inside the pinned plaid-go module: every request,
// every answer and every webhook body. It is for tests only and may import nothing of relink.
// Start reading at NewTransport; what today's Plaid has beyond that file stands in one table, in differences.go.
package contract
