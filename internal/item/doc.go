// Package item is the domain: what an Item's life is, which event moves it where, and what is to be done next.
//
// It is pure: no clock, no I/O, no Temporal, and it imports only the standard library, so that every rule can be
// tested over any order and duplication of events in microseconds.
//
// Start reading at Apply (an event folds into a Life) and Life.Next (a Life says what to do now).
package item
