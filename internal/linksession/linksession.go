package linksession

import (
	"time"

	"relink/internal/item"
	"relink/internal/vault"
)

// FirstLink is a link token that links an Item which does not exist yet, and what was asked for with it.
type FirstLink struct {
	MerchantID string
	// Hash is the token's sha256; Sealed is the token, for FirstLinkRow.
	Hash                       []byte
	Sealed                     vault.Sealed
	Products, RequiredAccounts []string
	MintedAt, ExpiresAt        time.Time
}

// FirstLinkRow is the identity that a merchant's first link tokens are sealed for.
func FirstLinkRow(merchantID string) string { return "first_links/" + merchantID }

// Minted is a link token that was minted for one of a merchant's Items, and what is needed when the merchant comes
// back from the bank's own pages.
type Minted struct {
	ItemID item.ID
	Token  vault.Sealed // for LinkTokenRow
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

// Event is what Link told the page: names of Plaid's own, and nothing that a merchant typed.
type Event struct {
	ItemID  item.ID
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

// EventExit is the end of Link without success, as Link's onExit tells it.
const EventExit = "onExit"

// TokenRow is the identity that an Item's link tokens are sealed for.
func TokenRow(id item.ID) string { return "link_tokens/" + string(id) }
