// Package plaid is the adapter over Plaid's API: it asks for the truth about an Item and about its bank, exchanges public
// tokens, mints update-mode link tokens and learns how their sessions ended, and fetches webhook verification keys.
//
// It imports internal/item and plaid-go, and no other adapter; an access token or a kept link token exists in clear only inside a call of
// this package, which opens it, sends it and forgets it.
//
// Start reading at Client.Truth, then Error for what can go wrong.
package plaid
