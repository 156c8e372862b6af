package mailing

import (
	"time"

	"relink/internal/item"
)

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
	Content       Content // without DeepLink: that one is a secret and is made again for each try
	Sent, Failed  bool
	// Suppressed: the slot is not claimed, since nobody may mail the merchant's address.
	Suppressed SuppressReason
	// Shadowed: it is recorded and must not be sent.
	Shadowed bool
	// Held: the slot is not claimed, since the mail must not go out before Held.Until.
	Held item.Hold
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

// History is what a next mail is planned on.
type History struct {
	Item     item.Ref
	TimeZone string
	// Used counts the mails of one kind that covered the incident and are over, LastUsed is when the last was.
	Used     int
	LastUsed time.Time
	// LastMail is when the merchant last got a mail that asks for something, about whichever Item.
	LastMail time.Time
	// Suppressed is why nobody may mail the merchant's address; empty when mails may go there.
	Suppressed SuppressReason
}
