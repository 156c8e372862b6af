// Package breaker paces a loop of work whose other side may be away.
//
// It imports nothing of relink.
//
// Start reading at Breaker.After.
package breaker
