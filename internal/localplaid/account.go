package localplaid

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

// sandboxAccounts returns the first accounts that Plaid's Sandbox gives user_good, with fresh ids.
func sandboxAccounts(currency string) []account {
	accounts := []account{
		{Name: "Plaid Checking", OfficialName: "Plaid Gold Standard 0% Interest Checking", Type: "depository", Subtype: "checking"},
		{Name: "Plaid Saving", OfficialName: "Plaid Silver Standard 0.1% Interest Saving", Type: "depository", Subtype: "savings"},
		{Name: "Plaid CD", OfficialName: "Plaid Bronze Standard 0.2% Interest CD", Type: "depository", Subtype: "cd"},
		{Name: "Plaid Credit Card", OfficialName: "Plaid Diamond 12.5% APR Interest Credit Card", Type: "credit", Subtype: "credit card"},
	}
	money := []balances{
		{Available: new(100.0), Current: new(110.0)},
		{Available: new(200.0), Current: new(210.0)},
		{Current: new(1000.0)},
		{Current: new(410.0), Limit: new(2000.0)},
	}
	for i := range accounts {
		a := &accounts[i]
		a.ID, a.Balances, a.Mask = newAccountID(), money[i], []string{"0000", "1111", "2222", "3333"}[i]
		a.Balances.IsoCurrencyCode = currency
	}
	return accounts
}

// linkAccounts shows accounts as Link and /link/token/get do.
func linkAccounts(accounts []account) []reply {
	shown := make([]reply, 0, len(accounts))
	for _, a := range accounts {
		shown = append(shown, reply{
			"id": a.ID, "name": a.Name, "mask": a.Mask, "type": a.Type, "subtype": a.Subtype,
			"verification_status": nil, "class_type": nil,
		})
	}
	return shown
}

// accountChoice is an account where accounts are chosen: a pane of Link, or an OAuth bank's page.
type accountChoice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Mask   string `json:"mask"`
	Ticked bool   `json:"ticked"`
}

func accountChoices(offered []account, ticked []string) []accountChoice {
	choices := make([]accountChoice, 0, len(offered))
	for _, a := range offered {
		choices = append(choices, accountChoice{ID: a.ID, Name: a.Name, Mask: a.Mask, Ticked: slices.Contains(ticked, a.ID)})
	}
	return choices
}

// accountsOf returns the accounts with the ids, in the bank's order.
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
