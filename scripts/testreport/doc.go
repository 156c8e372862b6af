// Command testreport reads `go test -json` from standard input and prints what a person wants of it: go test's own line
// for each package, the whole output of what failed, and the ten slowest tests. It exits with 1 when a test or a build
// failed, and when no test ran at all.
//
// It imports the standard library alone.
//
// Start reading at report.
package main
