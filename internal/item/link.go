package item

import "time"

// MintedLink is a link token that was minted for one of a merchant's Items, and what is needed when the merchant comes
// back from the bank's own pages.
type MintedLink struct {
	ItemID ID
	Token  Sealed // for LinkTokenRow
	// Hash is the token's sha256: Plaid's webhooks about a Link session name the token and no Item.
	Hash []byte
	// Hosted says that Link runs on a page of Plaid's own, and not in ours.
	Hosted bool
	// MerchantID, Slot and LinkExpires are those of the deep link that it was minted from.
	MerchantID, Slot string
	LinkExpires      time.Time
	// Browser is the sha256 of the cookie of the browser that it was minted in.
	Browser             []byte
	MintedAt, ExpiresAt time.Time
	// Ended is set once its browser said that Link is through: then it is handed out no more.
	Ended bool
}

// LinkEvent is what Link told the page: names of Plaid's own, and nothing that a merchant typed.
type LinkEvent struct {
	ItemID  ID
	Slot    string
	Session string // Plaid's link_session_id
	Event   string // Link's event_name; LinkEventExit for the end itself
	View    string // TRANSITION_VIEW's view_name
	Status  string // how far the merchant was, of LinkEventExit
	// ErrorType and ErrorCode are Plaid's.
	ErrorType, ErrorCode string
	// SaidAt is by the browser's clock, zero when it did not say; At is by ours.
	SaidAt, At time.Time
}

// LinkEventExit is the end of Link without success, as Link's onExit tells it.
const LinkEventExit = "onExit"
