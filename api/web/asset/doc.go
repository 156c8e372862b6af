// Package asset serves the style sheets, scripts and pictures of pages, embedded in the binary, so that browsers may
// keep them for ever. It imports nothing of relink. Start reading at Load.
package asset
