// Package e2e tests whole relinks on the real Temporal, the real Postgres, real SMTP and the local Plaid, over HTTP and
// mail.
//
// Only setup_stack_test.go, which puts the parts together in this process, may import them.
//
// Start reading at relink_test.go.
package e2e
