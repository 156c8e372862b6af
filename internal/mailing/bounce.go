package mailing

import (
	"errors"
	"time"

	"relink/internal/item"
)

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
	ItemID     item.ID `json:"item_id"`
	MerchantID string  `json:"merchant_id"`
	// Suppressed: nothing more is mailed to the address.
	Suppressed bool `json:"suppressed"`
}
