package mailing

import (
	"time"

	"relink/internal/item"
)

// Draft is what the first claim of a mail's slot stores. A later claim does not change it.
type Draft struct {
	MessageID     string
	At            time.Time
	LinkExpiresAt time.Time
}

// Claimed is a claimed mail. A second claim of the slot returns the same.
type Claimed struct {
	MailID        int64
	MerchantID    string
	Slot          string
	LinkExpiresAt time.Time
	Content       Content // without DeepLink, which is a secret and is made again for each try
	Sent, Failed  bool
	// Suppressed is set when the merchant's address must not be mailed. The slot is then not claimed.
	Suppressed SuppressReason
	// Shadowed means that the mail is recorded and must not be sent.
	Shadowed bool
	// Held is set when the mail must not go out before Held.Until. The slot is then not claimed.
	Held item.Hold
}

// Guard holds the limits that are checked when a mail is claimed.
type Guard struct {
	// Gap is the least time between two mails that ask one merchant for something.
	Gap time.Duration
	// Shadow records the mail instead of sending it.
	Shadow bool
	// First mails stop for everybody when OfInstitution Items of one institution, or OfAll Items altogether, broke within
	// Within. 0 turns a limit off.
	Within               time.Duration
	OfInstitution, OfAll int
}

// History is what the plan for the next mail depends on.
type History struct {
	Item     item.Ref
	TimeZone string
	// Used counts the mails of one kind that were about the incident and are over. LastUsed is the time of the last one.
	Used     int
	LastUsed time.Time
	// LastMail is when the merchant last got a mail that asks for something, about any Item.
	LastMail time.Time
	// Suppressed is why the merchant's address must not be mailed; empty when it may be.
	Suppressed SuppressReason
}
