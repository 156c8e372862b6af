// Package sandbox is the local Plaid: it speaks Plaid's HTTP API, Link and signed webhooks well enough that the official
// clients cannot tell, keeps its state in memory and, where it is told to, in a file as well, and adds JSON controls under
// /control/ that break, heal and fire.
// It may not import any other package of relink, and nothing in production may import it except the `sandbox` command
// and the development stack.
// Start reading at Server in server.go, then routes.go for what is served, item.go, linksession.go, bankvisit.go (OAuth) and
// hostedlink.go for the rules, deliveries.go and retries.go for webhooks, clock.go for time, and snapshot.go for what a
// file keeps; the package contract beside it checks every answer against Plaid's own OpenAPI file.
package sandbox
