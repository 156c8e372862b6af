package item

// Account is an account of an Item as its merchant knows it. The name may be a person's, so it never reaches Temporal.
type Account struct {
	ID   string `json:"ID"`
	Name string `json:"Name"` // "Business Checking"
	Mask string `json:"Mask"` // the last digits of its number, "0000"; may be empty
	// Subtype is Plaid's, "checking"; may be empty.
	Subtype string `json:"Subtype"`
}
