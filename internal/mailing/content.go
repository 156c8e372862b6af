package mailing

import (
	"time"

	"relink/internal/enrolment"
	"relink/internal/item"
)

// Connection is one Item as its merchant sees it. Its JSON is stored in mails.notice.
type Connection struct {
	ID          item.ID `json:"ID"`
	Institution string  `json:"Institution"`
	// InstitutionID is Plaid's, empty when Plaid names none. No mail shows it.
	InstitutionID string     `json:"-"`
	State         item.State `json:"State"`
	Cause         item.Cause `json:"Cause"`
	BrokenSince   time.Time  `json:"BrokenSince"`
	// EndsAt is when an Item that is expiring ends; zero for any other.
	EndsAt time.Time `json:"EndsAt"`
	// Accounts are the accounts that Plaid reported last, in its order. A stored content has none, because it is kept for
	// long.
	Accounts []item.Account `json:"Accounts,omitempty"`
}

// Content is everything that a mail says. The same Content always becomes the same bytes, so that a mail that is sent
// again after a crash is recognised as the same one. Its JSON is stored in mails.notice. A mail that an earlier release
// claimed and did not send yet must stay readable.
type Content struct {
	MessageID   string             `json:"MessageID"` // without angle brackets
	Date        time.Time          `json:"Date"`
	Kind        item.MailKind      `json:"Kind"`
	Merchant    enrolment.Merchant `json:"Merchant"`
	Connections []Connection       `json:"Connections"`
	DeepLink    string             `json:"DeepLink"` // empty for Reconnected
	// ThreadID is the Message-ID of the incident's first mail that went out, without angle brackets: mail programs show
	// the incident's mails together. It is empty in that first mail itself.
	ThreadID string `json:"ThreadID,omitzero"`
	// Unsubscribe is the URL where a mail program, or the merchant, ends reminders; empty for Reconnected. Like DeepLink
	// it is made again for each try.
	Unsubscribe string `json:"Unsubscribe,omitzero"`
}
