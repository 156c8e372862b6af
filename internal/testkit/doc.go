// Package testkit gives tests the real thing: one Postgres and one Temporal per go test run, shared by the test binaries of all packages
// and started only when the first test asks, with a database of its own for every test that wants one.
// It is for tests only; of relink it imports the leaves of internal/devstack and nothing else, so that any package's tests may use it.
// Start with [Postgres], [PostgresMigrated] and [Temporal]; how the sharing works is told in keeper.go.
package testkit
