package sandbox

import "slices"

// account is one bank account of an Item, as /accounts/get shows it.
type account struct {
	ID           string   `json:"account_id"`
	Balances     balances `json:"balances"`
	Mask         string   `json:"mask"`
	Name         string   `json:"name"`
	OfficialName string   `json:"official_name"`
	Subtype      string   `json:"subtype"`
	Type         string   `json:"type"`
}

// balances are in major units of the currency.
type balances struct {
	Available              *float64 `json:"available"`
	Current                *float64 `json:"current"`
	IsoCurrencyCode        string   `json:"iso_currency_code"`
	Limit                  *float64 `json:"limit"`
	UnofficialCurrencyCode *string  `json:"unofficial_currency_code"`
}

// sandboxAccounts are the first accounts Plaid's Sandbox gives user_good, with fresh ids.
func sandboxAccounts(currency string) []account {
	money := func(available, current, limit *float64) balances {
		return balances{Available: available, Current: current, Limit: limit, IsoCurrencyCode: currency}
	}
	return []account{
		{ID: newAccountID(), Name: "Plaid Checking", Mask: "0000", OfficialName: "Plaid Gold Standard 0% Interest Checking", Type: "depository", Subtype: "checking", Balances: money(new(100.0), new(110.0), nil)},
		{ID: newAccountID(), Name: "Plaid Saving", Mask: "1111", OfficialName: "Plaid Silver Standard 0.1% Interest Saving", Type: "depository", Subtype: "savings", Balances: money(new(200.0), new(210.0), nil)},
		{ID: newAccountID(), Name: "Plaid CD", Mask: "2222", OfficialName: "Plaid Bronze Standard 0.2% Interest CD", Type: "depository", Subtype: "cd", Balances: money(nil, new(1000.0), nil)},
		{ID: newAccountID(), Name: "Plaid Credit Card", Mask: "3333", OfficialName: "Plaid Diamond 12.5% APR Interest Credit Card", Type: "credit", Subtype: "credit card", Balances: money(nil, new(410.0), new(2000.0))},
	}
}

// linkAccount is an account as Link and /link/token/get show it.
type linkAccount struct {
	ID                 string  `json:"id"`
	Name               string  `json:"name"`
	Mask               string  `json:"mask"`
	Type               string  `json:"type"`
	Subtype            string  `json:"subtype"`
	VerificationStatus *string `json:"verification_status"`
	ClassType          *string `json:"class_type"`
}

func linkAccounts(accounts []account) []linkAccount {
	shown := make([]linkAccount, 0, len(accounts))
	for _, a := range accounts {
		shown = append(shown, linkAccount{ID: a.ID, Name: a.Name, Mask: a.Mask, Type: a.Type, Subtype: a.Subtype})
	}
	return shown
}

// accountsOf are those with the ids, in the bank's order.
func accountsOf(all []account, ids []string) []account {
	var found []account
	for _, a := range all {
		if slices.Contains(ids, a.ID) {
			found = append(found, a)
		}
	}
	return found
}

func accountIDs(accounts []account) []string {
	ids := make([]string, 0, len(accounts))
	for _, a := range accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

func currencyOf(in institution) string {
	switch in.countries[0] {
	case "CA":
		return "CAD"
	case "GB":
		return "GBP"
	default:
		return "USD"
	}
}
