// Package plaid is the adapter for Plaid's API: Items, institutions, public tokens, link tokens and webhook keys.
// Stored tokens are opened only inside its calls.
//
// It may import internal/item, internal/linksession, internal/vault, internal/neighbour/httpx and plaid-go, and no
// other adapter.
//
// Start reading at Client.Status, then Error for what can go wrong.
package plaid
