package item

import (
	"encoding/json"
	"time"
)

// Arrival is a webhook or a merchant's act on its way into the inbox.
type Arrival struct {
	Source      Source
	Environment string
	ItemID      ID     // empty when the webhook names none
	Code        string // a Hint's code
	Until       time.Time
	// DeliveryKey identifies the exact delivery (signed token and body): the same key again is the same delivery.
	// Only webhooks have one.
	DeliveryKey []byte
	// Body is the redacted body: it is kept in clear.
	Body json.RawMessage
	// RawSealed is the body as it came, sealed for the row; nil for a merchant's act.
	RawSealed []byte
	// Stale is set for a delivery that Plaid signed, but longer ago than its rules allow.
	Stale bool
	// Forward is set when the platform is to have the webhook as well.
	Forward bool
	// Ignored is why it concerns no workflow, Dead why nobody but a person can make something of it; both are empty for
	// what is to be delivered.
	Ignored, Dead string
	// Trace is the W3C traceparent of the request that brought it; empty when nothing is traced.
	Trace string
}

// Enrolment is an Item as it enters relink.
type Enrolment struct {
	Card     Card
	Merchant Merchant
	Token    Sealed
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

// Exchange is what is known of a public token before it is exchanged.
type Exchange struct {
	// ItemID is the Item that it was exchanged for; empty while it was not, as far as anybody knows.
	ItemID ID
	// Begun: an exchange was begun before, and nobody knows how it ended.
	Begun bool
}

// FirstLink is a link token that links an Item which does not exist yet, and what was asked for with it.
type FirstLink struct {
	MerchantID string
	// Hash is the token's sha256; Sealed is the token, for FirstLinkRow.
	Hash                       []byte
	Sealed                     Sealed
	Products, RequiredAccounts []string
	MintedAt, ExpiresAt        time.Time
}

// FirstLinkRow is the identity that a merchant's first link tokens are sealed for.
func FirstLinkRow(merchantID string) string { return "first_links/" + merchantID }

// Consent is what a merchant agreed to when linking an Item.
type Consent struct {
	Who string    `json:"who,omitempty"` // a person, as the platform names them: erased with the merchant
	At  time.Time `json:"at"`
	// Products are Plaid's, "transactions"; CopyVersion names the text that was agreed to.
	Products         []string `json:"products,omitempty"`
	CopyVersion      string   `json:"copy_version,omitempty"`
	RequiredAccounts []string `json:"required_accounts,omitempty"`
}

// Linked is an Item as Plaid hands it over, its access token sealed already.
type Linked struct {
	ItemID ID
	// InstitutionID and Institution (its name) are empty when Plaid does not tell.
	InstitutionID, Institution string
	Token                      Sealed
	// Webhook is the URL that Plaid sends its webhooks to, empty when there is none or Plaid does not tell.
	Webhook string
	// Described: Plaid told InstitutionID and Webhook, even if there is none.
	Described bool
}

// Receipt says what became of an arrival.
type Receipt struct {
	RowID int64
	// Repeat is set when the exact same delivery is stored already; nothing was added.
	Repeat bool
}

// Batch is what the inbox holds for one Item, claimed together and delivered as one signal.
type Batch struct {
	ItemID   ID
	Hints    []Hint
	RowIDs   []int64
	Attempts int // the most that any of the rows has seen, this one included
	// Waited is how long the oldest row had been in the inbox when it was claimed, by the inbox's own clock.
	Waited time.Duration
	// Traces are the W3C traceparents that the rows were stored under, each once, the oldest row's first.
	Traces []string
}

// Moment is one line of an Item's timeline.
type Moment struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
	// Ref says where the line can be found again: "audit 3" is the Item's third audit row, "inbox 17" an inbox row.
	Ref  string          `json:"ref"`
	Data json.RawMessage `json:"data,omitempty"`
}
