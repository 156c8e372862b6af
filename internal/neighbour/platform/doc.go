// Package platform sends the platform what happened, by Standard Webhooks (https://www.standardwebhooks.com): a signed
// POST with an id that stays the same at each try. Only Send opens the body of a webhook that is passed on, and no
// error holds a secret, a body or the receiver's URL.
//
// It imports internal/item, internal/neighbour and internal/neighbour/httpx, and no other adapter.
//
// Start reading at Platform.Send.
package platform
