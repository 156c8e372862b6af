package mailing

import (
	"errors"
	"time"

	"relink/internal/item"
)

// ErrUnknownMail is returned for a Message-ID that no mail of ours has.
var ErrUnknownMail = errors.New("no mail of ours has this Message-ID")

// Undelivered is why a mail can never be delivered. The zero value means that the mail was sent.
type Undelivered struct {
	// Why holds no address and no person's name.
	Why string
	// BadAddress means that the address itself is the reason: no other mail to it will arrive either.
	BadAddress bool
}

// BounceKind is what was reported about a mail after the mail server had accepted it.
type BounceKind string

const (
	Bounce    BounceKind = "bounce"    // it could not be delivered
	Complaint BounceKind = "complaint" // its reader called it spam
)

// BounceReport is a report that a mail came back, or was called spam.
type BounceReport struct {
	MessageID string // without angle brackets
	Kind      BounceKind
	// Permanent means that no other mail to this address will arrive either.
	Permanent bool
	// Codes are the status codes of the reporting server, "550 5.1.1". Its text may name a person and is not stored.
	Codes string
	By    string
	At    time.Time
}

// Suppresses returns why the report stops all mails to the address; empty when it does not.
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
	ItemID     item.ID `json:"item_id"`
	MerchantID string  `json:"merchant_id"`
	// Suppressed means that no more mails go to the address.
	Suppressed bool `json:"suppressed"`
}
