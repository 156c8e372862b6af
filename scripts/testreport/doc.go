// Command testreport reads `go test -json` from standard input and prints go test's own line for each package, the
// whole output of each failure, and the ten slowest tests. It exits with 1 if a test or a build failed, or if no test
// ran. It may import the standard library only. Start reading at report.
package main
