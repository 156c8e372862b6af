package linksession

import (
	"relink/internal/item"
	"relink/internal/vault"
)

// Linked is an Item as Plaid hands it over. Its access token is sealed.
type Linked struct {
	ItemID item.ID
	// InstitutionID and Institution (its name) are empty when Plaid does not report them.
	InstitutionID, Institution string
	Token                      vault.Sealed
	// Webhook is the URL that Plaid sends its webhooks to, empty when there is none or Plaid does not
	// report it.
	Webhook string
	// Described is set when Plaid reported InstitutionID and Webhook, even if both are empty.
	Described bool
}
