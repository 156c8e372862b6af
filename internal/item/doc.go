// Package item holds the rules of an Item's life: its states, the events that change them, and what is to be done next.
//
// It is pure (no clock, no I/O, no Temporal) and imports only the standard library, so every rule can be tested over
// any order and repetition of events in microseconds.
//
// Start reading at Rules.Apply, which folds an event into a Life, at Rules.Next, which returns what to do now, and at
// the table of transitions in table.go.
package item
