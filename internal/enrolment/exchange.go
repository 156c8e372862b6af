package enrolment

import "relink/internal/item"

// Exchange is what is known of a public token before it is exchanged.
type Exchange struct {
	// ItemID is the Item that it was exchanged for; empty while it was not, as far as anybody knows.
	ItemID item.ID
	// Begun: an exchange was begun before, and nobody knows how it ended.
	Begun bool
}
