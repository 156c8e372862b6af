package item

import "time"

// LoginStatus is whether logins at an institution work, as Plaid reported it At. The zero value means that Plaid has
// not been asked yet.
type LoginStatus struct {
	Down bool
	At   time.Time
}
