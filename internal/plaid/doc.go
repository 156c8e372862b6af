// Package plaid is the adapter over Plaid's API: Items, institutions, public tokens, link tokens and webhook keys. An
// access token or a kept link token exists in clear only inside a call of this package, which opens it, sends it and
// forgets it.
//
// It imports internal/item, internal/neighbour/httpx and plaid-go, and no other adapter.
//
// Start reading at Client.Truth, then Error for what can go wrong.
package plaid
