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
	// RequiredAccounts are the account ids that the lender needs; the others are names the Item has at neighbours.
	RequiredAccounts                []string
	HubSpotDealID, MarqetaUserToken string
	// Trace is the W3C traceparent of the enrolment; empty when nothing is traced.
	Trace string
}

// Linked is an Item as Plaid hands it over, its access token sealed already.
type Linked struct {
	ItemID ID
	// InstitutionID and Institution (its name) are empty when Plaid does not tell.
	InstitutionID, Institution string
	Token                      Sealed
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
