package item

import "time"

// Merchant owns the bank account and gets the mail. The address and the person's name never reach Temporal. Its JSON is
// stored in mails.notice, and SQL reads it there.
type Merchant struct {
	ID           string `json:"ID"`
	BusinessName string `json:"BusinessName"`
	ContactName  string `json:"ContactName"`
	Email        string `json:"Email"`
	TimeZone     string `json:"TimeZone"` // IANA name, "America/New_York"
	Locale       string `json:"Locale"`   // BCP 47, "en-US"
	Partner      string `json:"Partner"`  // the ISO that referred the merchant, may be empty
	// CountryCodes are ISO 3166-1 alpha-2, such as "US": whose banks Link offers.
	CountryCodes []string `json:"CountryCodes,omitempty"`
	// HostedLink chooses Plaid's own page over Link in ours. Nil means that the country decides.
	HostedLink *bool `json:"HostedLink,omitempty"`
}

// Card names an Item for people. It holds no person's name and no address, so it may stand in a workflow's history.
type Card struct {
	ID            ID     `json:"item_id"`
	Environment   string `json:"environment"`
	MerchantID    string `json:"merchant_id"`
	BusinessName  string `json:"business_name"`
	InstitutionID string `json:"institution_id"`
	Institution   string `json:"institution"`
	Partner       string `json:"partner,omitempty"`
}

// Name is "Blue Bottle · First Platypus Bank".
func (c Card) Name() string { return c.BusinessName + " · " + c.Institution }

// UnnamedInstitution stands for a bank whose name Plaid does not tell.
const UnnamedInstitution = "your bank"

// Connection is one Item as its merchant sees it. Its JSON is stored in mails.notice.
type Connection struct {
	ID          ID     `json:"ID"`
	Institution string `json:"Institution"`
	// InstitutionID is Plaid's, empty when Plaid names none. No mail shows it.
	InstitutionID string    `json:"-"`
	State         State     `json:"State"`
	Cause         Cause     `json:"Cause"`
	BrokenSince   time.Time `json:"BrokenSince"`
	// EndsAt is when an Item that is expiring ends; zero for any other.
	EndsAt time.Time `json:"EndsAt"`
	// Accounts are the ones that Plaid reported last, in its order. A stored notice has none, because it is kept for long.
	Accounts []Account `json:"Accounts,omitempty"`
}

// Account is an account of an Item as its merchant knows it. The name may be a person's: it never reaches Temporal.
type Account struct {
	ID   string `json:"ID"`
	Name string `json:"Name"` // "Business Checking"
	Mask string `json:"Mask"` // the last digits of its number, "0000"; may be empty
	// Subtype is Plaid's, "checking"; may be empty.
	Subtype string `json:"Subtype"`
}

// Notice is everything a mail says. The same Notice always becomes the same bytes, so that a mail that is sent again
// after a crash is recognised as the same one. Its JSON is stored in mails.notice: a mail that was claimed by an earlier
// release and is not sent yet must still be readable.
type Notice struct {
	MessageID   string       `json:"MessageID"` // without angle brackets
	Date        time.Time    `json:"Date"`
	Kind        LetterKind   `json:"Kind"`
	Merchant    Merchant     `json:"Merchant"`
	Connections []Connection `json:"Connections"`
	DeepLink    string       `json:"DeepLink"` // empty for Reconnected
	// ThreadID is the Message-ID of the incident's first mail that went out, without angle brackets: mail programs show
	// the incident's mails together. It is empty in that first mail itself.
	ThreadID string `json:"ThreadID,omitzero"`
	// Unsubscribe is where a mail program, or the merchant, ends reminders; empty for Reconnected. Like DeepLink it is
	// made again for each try.
	Unsubscribe string `json:"Unsubscribe,omitzero"`
}

// Sealed is an access token at rest. Row is its row's identity and is bound to the ciphertext: a sealed token that is
// moved to another row does not open.
type Sealed struct {
	Row        string
	Ciphertext []byte
}

// LinkTokenRow is the identity that an Item's link tokens are sealed for.
func LinkTokenRow(id ID) string { return "link_tokens/" + string(id) }

// Draft is what the first claim of a mail's slot settles for good.
type Draft struct {
	MessageID     string
	At            time.Time
	LinkExpiresAt time.Time
}

// Claimed is a claimed mail: the same for whoever claims its slot again.
type Claimed struct {
	MailID        int64
	MerchantID    string
	Slot          string
	LinkExpiresAt time.Time
	Notice        Notice // without DeepLink: that one is a secret and is made again for each try
	Sent, Failed  bool
	// Suppressed: the slot is not claimed, since nobody may mail the merchant's address.
	Suppressed SuppressReason
	// Shadowed: it is recorded and must not be sent.
	Shadowed bool
	// Held: the slot is not claimed, since the mail must not go out before Held.Until.
	Held Hold
}

// Guard is what may hold a mail back at the moment it is claimed.
type Guard struct {
	// Gap is the least time between two mails that ask one merchant for something.
	Gap time.Duration
	// Shadow records the mail instead of sending it.
	Shadow bool
	// First mails stop for everybody when that many Items of one institution, or of all, broke within Within; 0 is never.
	Within               time.Duration
	OfInstitution, OfAll int
}

// MailHistory is what a next mail is planned on.
type MailHistory struct {
	Card     Card
	TimeZone string
	// Used counts the mails of one kind that covered the incident and are over, LastUsed is when the last was.
	Used     int
	LastUsed time.Time
	// LastMail is when the merchant last got a mail that asks for something, about whichever Item.
	LastMail time.Time
	// Suppressed is why nobody may mail the merchant's address; empty when mails may go there.
	Suppressed SuppressReason
}
