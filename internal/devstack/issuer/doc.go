// Package issuer is the small OpenID issuer of demo, dev and tests: discovery, keys, access tokens
// for clients with a secret, and a page where a person is chosen to sign in, in the shapes of Auth0.
// It imports nothing of relink and is no part of a production process, where OIDC_ISSUER names a
// real one.
// Start reading at New, then Issuer.Issue, Issuer.token and Issuer.authorize.
package issuer
