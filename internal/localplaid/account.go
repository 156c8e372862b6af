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
		a.ID, a.Balances, a.Mask = newID(), money[i], []string{"0000", "1111", "2222", "3333"}[i]
		a.Balances.IsoCurrencyCode = currency
	}
	return accounts
}

// linkAccounts shows accounts as Link and /link/token/get do.
func linkAccounts(accounts []account) []reply {
	return each(accounts, func(a account) reply {
		return reply{
			"id": a.ID, "name": a.Name, "mask": a.Mask, "type": a.Type, "subtype": a.Subtype,
			"verification_status": nil, "class_type": nil,
		}
	})
}

// accountChoice is an account where accounts are chosen: a pane of Link, or an OAuth bank's page.
type accountChoice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Mask   string `json:"mask"`
	Ticked bool   `json:"ticked"`
}

func accountChoices(offered []account, ticked []string) []accountChoice {
	return each(offered, func(a account) accountChoice {
		return accountChoice{ID: a.ID, Name: a.Name, Mask: a.Mask, Ticked: slices.Contains(ticked, a.ID)}
	})
}

// accountsOf returns the accounts with the ids, in the bank's order.
func accountsOf(all []account, ids []string) []account {
	return slices.DeleteFunc(slices.Clone(all), func(a account) bool { return !slices.Contains(ids, a.ID) })
}

func accountIDs(accounts []account) []string {
	return each(accounts, func(a account) string { return a.ID })
}

// each returns what f makes of each of them; never nil, so that it is a list in JSON.
func each[T, U any](from []T, f func(T) U) []U {
	to := make([]U, len(from))
	for i, one := range from {
		to[i] = f(one)
	}
	return to
}
