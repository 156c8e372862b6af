// Package pgserver runs a real Postgres of our own beside whatever else this machine runs: own port, own folder, from the machine's own binaries.
// It imports proc, lockfile, scratch and pgx, and nothing else of relink; it is for development and tests, never for production.
// Start with [Start]; [Ensure] tells where the binaries come from.
package pgserver
