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
	// MerchantKnown means that the merchant is enrolled already, and stays as it is.
	MerchantKnown bool
	// Shadow enrols the Item in shadow mode: its mails are recorded and not sent. An Item that is enrolled already stays
	// as it is.
	Shadow bool
	// RequiredAccounts are the ids of the accounts that the lender needs. HubSpotDealID and MarqetaUserToken are the names
	// that neighbours have for the Item.
	RequiredAccounts                []string
	HubSpotDealID, MarqetaUserToken string
	// Trace is the W3C traceparent of the enrolment; empty when nothing is traced.
	Trace string
	// Consent is what the merchant agreed to; nil when it is not known.
	Consent *Consent
	// PublicToken is the hash of the public token that was exchanged for the Item, nil for one that was adopted.
	// FirstLink is the hash of the link token that it was linked with; nil when it is not known.
	PublicToken, FirstLink []byte
}
