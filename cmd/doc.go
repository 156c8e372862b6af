// Package cmd is relink's command line and its composition root: it reads the environment, makes the parts, and hands
// them to the processes and to the commands of people.
//
// Nothing imports it but main.
//
// Start reading at newRoot, the tree of commands, and at wire.go, which puts api and worker together.
package cmd
