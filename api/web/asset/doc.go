// Package asset serves the style sheets, scripts and pictures of pages from files that are embedded in the binary.
// It may import the standard library only.
// Start reading at Load.
package asset
