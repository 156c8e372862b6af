// Package issuer is the small OpenID issuer of demo, dev and tests: discovery, keys, and access
// tokens for clients with a secret, in the shapes of Auth0.
// It imports nothing of relink and is no part of a production process, where OIDC_ISSUER names a
// real one.
// Start reading at New, then Issuer.Issue and Issuer.token.
package issuer
