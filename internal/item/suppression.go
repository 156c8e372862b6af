package item

import (
	"errors"
	"time"
)

// SuppressReason is why nobody may mail an address.
type SuppressReason string

const (
	Unsubscribed SuppressReason = "unsubscribed" // the merchant ended the reminders
	Bounced      SuppressReason = "bounced"      // what we send comes back, for good
	Complained   SuppressReason = "complained"   // the merchant called our mail spam
	ByHand       SuppressReason = "by_hand"      // a person of ours stopped it
)

// Sentence says the reason to people of ours; empty for none.
func (r SuppressReason) Sentence() string {
	switch r {
	case Unsubscribed:
		return "the merchant wants no more mails"
	case Bounced:
		return "mails to the merchant's address come back"
	case Complained:
		return "the merchant called our mail spam"
	case ByHand:
		return "a person stopped mails to the merchant's address"
	}
	return string(r)
}

// Suppression stops all mails to one address. It outlives the merchant whose address it was.
type Suppression struct {
	ID     int64          `json:"suppression_id"`
	Reason SuppressReason `json:"reason"`
	Why    string         `json:"why,omitempty"`
	// Address and Merchants are those that have it now; empty when nobody does: it is kept as a hash alone.
	Address   string    `json:"address,omitempty"`
	Merchants []string  `json:"merchants,omitempty"`
	By        string    `json:"by"`
	Since     time.Time `json:"since"`
}

// ErrUnknownMail is answered for a Message-ID that no mail of ours has.
var ErrUnknownMail = errors.New("no mail of ours has this Message-ID")

// Undelivered is why a mail will never be delivered. The zero Undelivered is of a mail that was sent.
type Undelivered struct {
	// Why holds no address and no person's name.
	Why string
	// BadAddress: the trouble is the address itself; nothing else that is sent there will arrive either.
	BadAddress bool
}

// BounceKind is what came back after a mail had been handed over.
type BounceKind string

const (
	Bounce    BounceKind = "bounce"    // it could not be delivered
	Complaint BounceKind = "complaint" // it was called spam
)

// BounceReport says that a mail came back.
type BounceReport struct {
	MessageID string // without angle brackets
	Kind      BounceKind
	// Permanent: no other mail to this address will arrive either.
	Permanent bool
	// Codes are the reporting servers' status codes, "550 5.1.1"; their words may name a person and are not kept.
	Codes string
	By    string
	At    time.Time
}

// Suppresses reports why nothing more may be mailed to the address after this; empty when it may.
func (b BounceReport) Suppresses() SuppressReason {
	switch {
	case b.Kind == Complaint:
		return Complained
	case b.Permanent:
		return Bounced
	}
	return ""
}

// BouncedMail is the mail that a report was about.
type BouncedMail struct {
	ItemID     ID     `json:"item_id"`
	MerchantID string `json:"merchant_id"`
	// Suppressed: nothing more is mailed to the address.
	Suppressed bool `json:"suppressed"`
}
