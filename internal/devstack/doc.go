// Package devstack starts everything that the commands demo and dev need on this machine.
// Its leaves (proc, lockfile, freeport, scratch, pgserver and temporalserver) import nothing else of relink, so the
// tests of any package may use them.
// Start with [Start]; for one server alone, with pgserver.Start and temporalserver.Start.
package devstack
