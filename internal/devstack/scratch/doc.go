// Package scratch makes throw-away folders in the fastest place this machine has and sweeps up what killed processes left behind.
// It imports internal/devstack/lockfile and the standard library.
// Start with [New].
package scratch
