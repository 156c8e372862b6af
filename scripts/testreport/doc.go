// Command testreport reads `go test -json` from standard input and prints what a person wants to see: go test's own line
// for each package, the whole output of what failed, and the ten slowest tests. It exits with 1 if a test or a build
// failed, or if no test ran.
// It imports only the standard library.
// Start with report.
package main
