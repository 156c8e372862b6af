package linksession

import (
	"time"

	"relink/internal/item"
	"relink/internal/vault"
)

// FirstLink is a link token for an Item that does not exist yet, with the products and accounts that were requested.
type FirstLink struct {
	MerchantID string
	// Hash is the token's sha256; Sealed is the token, for FirstLinkRow.
	Hash                       []byte
	Sealed                     vault.Sealed
	Products, RequiredAccounts []string
	MintedAt, ExpiresAt        time.Time
}

// FirstLinkRow returns the identity that a merchant's first link tokens are sealed for.
func FirstLinkRow(merchantID string) string { return "first_links/" + merchantID }

// Minted is a link token that was minted for one of a merchant's Items, with what is needed when the merchant comes
// back from the bank's own pages.
type Minted struct {
	ItemID item.ID
	Token  vault.Sealed // for TokenRow
	// Hash is the token's sha256: Plaid's webhooks about a Link session name the token and no Item.
	Hash []byte
	// Hosted is set when Link runs on a page of Plaid's own, and not in ours.
	Hosted bool
	// MerchantID, Slot and LinkExpires are those of the deep link for which it was minted.
	MerchantID, Slot string
	LinkExpires      time.Time
	// Browser is the sha256 of the cookie of the browser for which it was minted.
	Browser             []byte
	MintedAt, ExpiresAt time.Time
	// Ended is set once the browser reported the end of Link. The token is then not handed out again.
	Ended bool
}

// Event is what Link reported to the page: names of Plaid's own, and nothing that a merchant typed.
type Event struct {
	ItemID  item.ID
	Slot    string
	Session string // Plaid's link_session_id
	Event   string // Link's event_name; EventExit for the end itself
	View    string // TRANSITION_VIEW's view_name
	Status  string // for EventExit: how far the merchant was
	// ErrorType and ErrorCode are Plaid's.
	ErrorType, ErrorCode string
	// SaidAt is the time by the browser's clock, zero when the browser did not send it. At is the time by our clock.
	SaidAt, At time.Time
}

// EventExit is the end of Link without success, as Link's onExit reports it.
const EventExit = "onExit"

// TokenRow returns the identity that an Item's link tokens are sealed for.
func TokenRow(id item.ID) string { return "link_tokens/" + string(id) }
