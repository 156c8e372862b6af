// Package signin authenticates callers, clients by bearer tokens and people by sessions that begin at the issuer, and
// holds the table of what each may do. It may import go-oidc, go-jose, scs, x/oauth2, x/sync and the standard library,
// and nothing of relink. Start reading at Roles, then Bearer.Authenticate and Web.Begin.
package signin
