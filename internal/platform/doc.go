// Package platform tells the platform what happened, by Standard Webhooks (https://www.standardwebhooks.com): a signed
// POST with an id that stays the same at each try.
//
// It knows internal/item alone. The body of a passed-on webhook is opened here, inside the call that sends it, and
// nowhere else; no error holds a secret, a body or the receiver's URL.
//
// Start reading at Client.Tell.
package platform
