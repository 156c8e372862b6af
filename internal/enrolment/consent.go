package enrolment

import "time"

// Consent is what a merchant agreed to when linking an Item.
type Consent struct {
	Who string    `json:"who,omitempty"` // a person, as the platform names them; erased with the merchant
	At  time.Time `json:"at"`
	// Products are Plaid's, "transactions"; CopyVersion names the text that was agreed to.
	Products         []string `json:"products,omitempty"`
	CopyVersion      string   `json:"copy_version,omitempty"`
	RequiredAccounts []string `json:"required_accounts,omitempty"`
}
