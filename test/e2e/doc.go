// Package e2e plays whole relinks on the real Temporal, the real Postgres, real SMTP and the local Plaid, and looks at
// them from outside only: over HTTP and mail.
//
// Only stack_test.go, which puts the parts together in this process, imports them.
//
// Start reading at relink_test.go.
package e2e
