// Package localplaid is the local Plaid: Plaid's HTTP API, Link and signed webhooks, so faithful that the official
// clients cannot tell the difference, with JSON controls under /control/ that break, heal and fire. It may not import
// any other package of relink, and nothing in production may import it except the sandbox command and the development
// stack. Start reading at the tables in routes.go; what is played stands in institution.go, apierrors.csv, webhook.go
// and linksteps.go, and the package contract checks every answer against Plaid's own OpenAPI file.
package localplaid
