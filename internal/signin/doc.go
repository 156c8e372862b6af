// Package signin checks the bearer tokens of /v1: who calls, and with which scopes.
// It imports go-oidc, go-jose, x/sync and the standard library, nothing of relink, and writes no
// HTTP answer; the api does, from the errors.
// Start reading at Bearer.Authenticate, then keySet.find.
package signin
