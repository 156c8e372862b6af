// Package pgserver runs a real Postgres for development and tests, on its own port and folder, from binaries of this
// machine.
// It imports proc, lockfile, freeport, scratch and pgx, and nothing else of relink.
// Start with [Start]; [Ensure] says where the binaries come from.
package pgserver
