package linksession

import (
	"relink/internal/item"
	"relink/internal/vault"
)

// Linked is an Item as Plaid hands it over, its access token sealed already.
type Linked struct {
	ItemID item.ID
	// InstitutionID and Institution (its name) are empty when Plaid does not tell.
	InstitutionID, Institution string
	Token                      vault.Sealed
	// Webhook is the URL that Plaid sends its webhooks to, empty when there is none or Plaid does not tell.
	Webhook string
	// Described: Plaid told InstitutionID and Webhook, even if there is none.
	Described bool
}
