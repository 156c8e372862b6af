// Package issuer is the small OpenID issuer of demo, dev and tests, in the shapes of Auth0: discovery, keys, access
// tokens for clients with a secret, and a page where a person is chosen to sign in.
// It imports nothing of relink, and production never runs it: there OIDC_ISSUER names a real issuer.
// Start with [New], then [Issuer.Issue], Issuer.token and Issuer.authorize.
package issuer
