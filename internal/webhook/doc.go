// Package webhook decides whether a delivery is Plaid's own, and reads what it says: the signed token, the key behind
// it, the body's hash, and the few fields that relink acts on.
//
// It imports only the standard library, go-jose, x/sync, x/time and internal/item; the Plaid adapter plugs in as a
// KeySource, and the HTTP edge turns errors into answers (401, 503).
//
// Start reading at Verifier.VerifyToken, then Keys.Key, then Read and Intake.Entry.
package webhook
