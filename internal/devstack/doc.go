// Package devstack is everything that the commands demo and dev start on this machine. Its leaves import nothing else of relink, so that
// tests of any package may use them: proc, lockfile, scratch, pgserver and temporalserver.
// Start with pgserver.Start and temporalserver.Start.
package devstack
