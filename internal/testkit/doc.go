// Package testkit gives tests the real thing: one Postgres and one Temporal for each go test run, shared by the test
// binaries of all packages. The first test that asks starts them, and each test can have a database of its own.
// It is for tests only, and imports only leaves of internal/devstack, so that the tests of any package may use it.
// Start with [Postgres], [PostgresMigrated] and [Temporal]; keeper.go explains how the servers are shared.
package testkit
