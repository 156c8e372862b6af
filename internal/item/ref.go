package item

// Ref names an Item for people. It holds no person's name and no address, so it may stand in a workflow's history.
type Ref struct {
	ID            ID     `json:"item_id"`
	Environment   string `json:"environment"`
	MerchantID    string `json:"merchant_id"`
	BusinessName  string `json:"business_name"`
	InstitutionID string `json:"institution_id"`
	Institution   string `json:"institution"`
	Partner       string `json:"partner,omitempty"`
}

// Name returns "Blue Bottle · First Platypus Bank".
func (r Ref) Name() string { return r.BusinessName + " · " + r.Institution }

// UnnamedInstitution stands for a bank whose name Plaid does not give.
const UnnamedInstitution = "your bank"
