// Package temporalserver runs Temporal's own development server: real server, real UI, in one process of ours, with its data in memory or in one file.
// It imports proc, lockfile and the Temporal SDK, and nothing else of relink; it is for development and tests, never for production.
// Start with [Start]; [Ensure] tells where the binary comes from.
package temporalserver
