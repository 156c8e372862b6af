package item

import "time"

// Logins is how logging in at an institution goes, as Plaid said At; the zero Logins is that nobody has heard yet.
type Logins struct {
	Down bool
	At   time.Time
}
