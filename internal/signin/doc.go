// Package signin knows who calls: clients by their bearer tokens, people by sessions that begin at the issuer, and what
// each may do. It imports go-oidc, go-jose, scs, x/oauth2, x/sync and the standard library, and nothing of relink. Of
// HTTP responses it writes its cookies alone; the api writes the rest, from the errors. Start reading at Roles, then
// Bearer.Authenticate and Web.Begin.
package signin
