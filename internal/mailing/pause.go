package mailing

import "time"

// PauseScope is the kind of key that a pause has.
type PauseScope string

const (
	PauseAll         PauseScope = "all"
	PauseInstitution PauseScope = "institution"
	PausePartner     PauseScope = "partner"
	PauseMerchant    PauseScope = "merchant"
)

// Pause is a stop of mails; Key names the institution, partner or merchant, and is empty for all.
type Pause struct {
	ID         int64      `json:"pause_id"`
	Scope      PauseScope `json:"scope"`
	Key        string     `json:"key,omitempty"`
	FirstMails bool       `json:"first_mails,omitempty"`
	Why        string     `json:"why"`
	By         string     `json:"by"`
	Since      time.Time  `json:"since"`
}
