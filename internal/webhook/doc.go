// Package webhook verifies that a delivery is Plaid's and reads it: the signed token, the key that signed it, the
// body's hash, and the few fields that relink uses.
//
// It may import the standard library, go-jose, x/sync, x/time, internal/inbox and internal/item; the Plaid adapter is
// handed in as a KeySource.
//
// Start reading at Verifier.VerifyToken, then Keys.Key, then Read and Intake.Entry.
package webhook
