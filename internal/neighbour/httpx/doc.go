// Package httpx is the HTTP client that adapters share: calls have a timeout and follow no redirect, Retry-After is
// read, and errors hold no URL and no body.
//
// It may import the standard library only, so that every adapter may use it.
//
// Start reading at Client.Do.
package httpx
