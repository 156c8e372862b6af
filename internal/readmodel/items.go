package readmodel

import (
	"time"

	"relink/internal/item"
)

// Filter chooses Items for a list. The zero value chooses all Items, as many as a list holds.
type Filter struct {
	// State is the only state wanted; empty means every state.
	State item.State
	// Limit is the most Items wanted; 0 means as many as a list holds.
	Limit int
}

// Listed is one Item in a list, with its state.
type Listed struct {
	Item     item.Ref
	State    item.State
	Cause    item.Cause
	Incident int
	// BrokenSince is when the current incident opened; zero while there is none.
	BrokenSince time.Time
	// EndsAt is when an Item that is expiring ends; zero for any other.
	EndsAt time.Time
}
