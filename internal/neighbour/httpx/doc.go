// Package httpx is the HTTP that adapters share: calls that end in time and follow no redirect, one reading of
// Retry-After, and errors that hold no URL and no body.
//
// It imports nothing of relink, so that every adapter may use it.
//
// Start reading at Client.Do.
package httpx
