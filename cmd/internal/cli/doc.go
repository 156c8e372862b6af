// Package cli is what all commands share: how a command line is read and refused, who acts and what that person agrees
// to, and how results are printed.
//
// It imports no other package of relink.
//
// Start reading at Execute, Terminal and List.
package cli
