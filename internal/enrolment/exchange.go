package enrolment

import "relink/internal/item"

// Exchange is what is known of a public token before it is exchanged.
type Exchange struct {
	// ItemID is the Item that it was exchanged for; empty while no exchange is known to have succeeded.
	ItemID item.ID
	// Begun means that an exchange was begun before, and that its end is not known.
	Begun bool
}
