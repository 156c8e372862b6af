// Package temporalserver runs Temporal's own development server for development and tests: a real server with its UI,
// in one child process, with its data in memory or in one file.
// It imports proc, lockfile, freeport, scratch and the Temporal SDK, and nothing else of relink.
// Start with [Start]; [Ensure] says where the binary comes from.
package temporalserver
