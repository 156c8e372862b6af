package enrolment

import (
	"time"

	"relink/internal/item"
	"relink/internal/vault"
)

// Enrolment is an Item as it enters relink.
type Enrolment struct {
	Item     item.Ref
	Merchant Merchant
	Token    vault.Sealed
	At       time.Time
	// MerchantKnown: the merchant is there already, and stays as it is.
	MerchantKnown bool
	// Shadow: the Item is to be watched, and nobody mailed about it. One that is enrolled already stays as it is.
	Shadow bool
	// RequiredAccounts are the account ids that the lender needs; the others are names the Item has at neighbours.
	RequiredAccounts                []string
	HubSpotDealID, MarqetaUserToken string
	// Trace is the W3C traceparent of the enrolment; empty when nothing is traced.
	Trace string
	// Consent is what the merchant agreed to; nil when nobody says.
	Consent *Consent
	// PublicToken is the hash of the public token that was exchanged for the Item, nil for one that was adopted.
	// FirstLink is the hash of the link token it was linked with, nil when nobody says.
	PublicToken, FirstLink []byte
}
