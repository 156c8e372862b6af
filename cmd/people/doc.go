// Package people holds the commands that a person uses on Items: items, tasks, mails, policy and deadletters.
//
// It imports neither the store nor Temporal: everything it reads and changes goes through Backend, which the
// composition root hands in.
//
// Start reading at Commands and Backend.
package people
