package mailing

import "time"

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
