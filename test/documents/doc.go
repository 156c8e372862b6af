// Package documents holds the documents of this checkout to its code: every path, package, make target, test and
// identifier that a document names exists, and the table of rooms has every Go package.
// It has tests alone, and imports of relink only what it compares with a document: internal/drill and internal/bench.
// Start reading at checkout.problems in check_test.go.
package documents
