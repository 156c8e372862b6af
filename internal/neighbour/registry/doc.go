// Package registry lists the neighbours, one line each.
//
// It may import the neighbours and internal/config; only the composition root and tests may import it.
//
// Start reading at Lines.
package registry
