// Package registry is the list of neighbours: one line each.
//
// It imports the neighbours and internal/config; nobody imports it but the composition root and tests.
//
// Start reading at Lines.
package registry
