package signin

import "slices"

// The scopes: what a caller may do.
const (
	ItemsRead     = "items:read"      // Items and their timelines
	ItemsWrite    = "items:write"     // enrol, change and remove Items and their merchants
	ItemsReadSelf = "items:read:self" // a merchant's own Items
	OpsRead       = "ops:read"        // dead letters, and the state of relink itself
	OpsAct        = "ops:act"         // replay, remind, pause
	// ItemsAccessToken allows reading Plaid access tokens. A caller who has one can read the merchant's bank data.
	ItemsAccessToken = "items:access-token"
	// MailsWrite allows reporting that mails came back.
	MailsWrite = "mails:write"
)

// RolesClaim is the claim of the ID token with a person's roles, a list of names. It is a URL because Auth0 passes on
// an Action's claims only under the name of a URL.
const RolesClaim = "https://relink/roles"

// MerchantClaim is the claim of the ID token with the merchant that a person of the role merchant represents: the
// merchant's id in relink, a string. Without the claim the person represents no merchant.
const MerchantClaim = "https://relink/merchant"

// Role is a named set of scopes. A person's session has roles; a bearer token has scopes.
type Role string

// The roles.
const (
	Platform    Role = "platform"
	Ops         Role = "ops"
	Underwriter Role = "underwriter"
	Support     Role = "support"
	Merchant    Role = "merchant"
)

// RoleScopes is one line of the table of roles.
type RoleScopes struct {
	Role   Role
	Scopes []string
}

// Roles returns the one table of roles and their scopes.
func Roles() []RoleScopes {
	return []RoleScopes{
		{Platform, []string{ItemsWrite, ItemsRead, ItemsAccessToken, MailsWrite}},
		{Ops, []string{ItemsRead, OpsRead, OpsAct}},
		{Underwriter, []string{ItemsRead}},
		{Support, []string{ItemsRead}},
		{Merchant, []string{ItemsReadSelf}},
	}
}

// ScopesOf returns every scope that one of the roles has, sorted. A role that is not in the table has none.
func ScopesOf(roles []Role) []string {
	var scopes []string
	for _, r := range Roles() {
		if slices.Contains(roles, r.Role) {
			scopes = append(scopes, r.Scopes...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}
