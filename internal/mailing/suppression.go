package mailing

import "time"

// SuppressReason is why an address must not be mailed.
type SuppressReason string

const (
	Unsubscribed SuppressReason = "unsubscribed" // the merchant ended the reminders
	Bounced      SuppressReason = "bounced"      // our mails come back, permanently
	Complained   SuppressReason = "complained"   // the merchant called our mail spam
	ByHand       SuppressReason = "by_hand"      // a person of ours stopped it
)

// Sentence returns the reason as operators read it; empty for none.
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
	// Merchants are the merchants that have the address now. When none has it, both are empty, because relink stores only
	// a hash of the address.
	Address   string    `json:"address,omitempty"`
	Merchants []string  `json:"merchants,omitempty"`
	By        string    `json:"by"`
	Since     time.Time `json:"since"`
}
