// Package item is the domain: what an Item's life is, which event changes it how, and what is to be done next.
//
// It is pure (no clock, no I/O, no Temporal) and imports only the standard library, so that every rule can be tested
// over any order and duplication of events in microseconds.
//
// Start reading at Rules.Apply, which folds an event into a Life, at Rules.Next, which returns what to do now, and at
// the table of transitions in table.go.
package item
