// Package config reads a process's configuration from its environment, once, and reports all problems together.
//
// It imports no other package of relink; the others get values and never read the environment.
//
// Start reading at Load.
package config
