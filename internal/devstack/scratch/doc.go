// Package scratch makes throw-away folders in the fastest place of this machine, and removes those of killed processes.
// It imports lockfile and the standard library only.
// Start with [New].
package scratch
