package localplaid

import (
	"slices"
	"time"
)

// item is one login at one institution. Its exported fields are what the data file keeps.
type item struct {
	id            string    // the key in the data file
	AccessToken   string    `json:"access_token"`
	InstitutionID string    `json:"institution_id"`
	Username      string    `json:"username"`
	Products      []string  `json:"products"`
	AtBank        []account `json:"at_bank"`           // every account of the login
	Shared        []string  `json:"shared"`            // ids of the accounts that are shared, at least one
	WebhookURL    string    `json:"webhook,omitempty"` // empty: no webhooks
	CreatedAt     time.Time `json:"created_at"`
	ConsentEnds   time.Time `json:"consent_expiration_time,omitzero"` // zero: consent does not end
	Failure       *apiError `json:"error,omitempty"`                  // nil: healthy
	LastSuccess   time.Time `json:"last_success,omitzero"`
	LastFailure   time.Time `json:"last_failure,omitzero"`
	LastWebhook   string    `json:"last_webhook,omitempty"` // its code; empty: none was sent
	LastWebhookAt time.Time `json:"last_webhook_at,omitzero"`
	Removed       bool      `json:"removed,omitempty"`
	UpdateType    string    `json:"update_type"`

	institution *institution
}

// consentLifetime is how long OAuth consent lasts at most US banks (plaid.com/docs/link/oauth).
const consentLifetime = 365 * 24 * time.Hour

// newItem shares all the accounts of the login.
func newItem(in *institution, username string, products []string, webhookURL string, accounts []account, now time.Time) *item {
	it := &item{
		id: newID(), AccessToken: newToken("access"), InstitutionID: in.id, institution: in, Username: username,
		Products: slices.Clone(products), AtBank: accounts, Shared: accountIDs(accounts), WebhookURL: webhookURL,
		CreatedAt: now, UpdateType: updatedInBackground,
	}
	it.repair(now)
	return it
}

// heal clears the error and nothing else, as when the trouble ends on the bank's side. No consent moves.
func (it *item) heal(now time.Time) {
	it.Failure, it.LastSuccess = nil, now
}

// repair is what a finished login does. The error goes, and consent that ends starts anew "as though newly created"
// (plaid.com/docs/link/update-mode).
func (it *item) repair(now time.Time) {
	it.heal(now)
	if it.institution.oauth || !it.ConsentEnds.IsZero() {
		it.ConsentEnds = now.Add(consentLifetime)
	}
}

// relink is the end of update mode. chosen are the accounts to share from now on; nil where nobody was asked to choose.
// An Item without accounts then stays broken although Link says success. Plaid behaves so, and that is the reason not
// to believe the browser.
func (it *item) relink(chosen []string, now time.Time) {
	if chosen == nil && it.sharesNothing() {
		return
	}
	if chosen != nil {
		it.Shared = chosen
	}
	it.repair(now)
}

// accounts returns the shared accounts, in the bank's order.
func (it *item) accounts() []account { return accountsOf(it.AtBank, it.Shared) }

// sharesNothing reports that the Item is broken for want of accounts. Shared still names those it had.
func (it *item) sharesNothing() bool { return it.Failure != nil && it.Failure.Code == codeNoAccounts }

// Values of update_type (schema Item). An Item of the second kind gets data only while the person is there.
const (
	updatedInBackground = "background"
	updatedWithPerson   = "user_present_required"
)

// view is Plaid's Item object.
func (it *item) view() reply {
	return reply{
		"available_products":      slices.DeleteFunc(institutionProducts(), it.has),
		"billed_products":         it.Products,
		"consent_expiration_time": orNull(it.ConsentEnds),
		"created_at":              it.CreatedAt,
		"error":                   it.Failure.view(),
		"institution_id":          it.InstitutionID,
		"item_id":                 it.id,
		"products":                it.Products,
		"update_type":             it.UpdateType,
		"webhook":                 orNull(it.WebhookURL),
	}
}

func (it *item) has(product string) bool { return slices.Contains(it.Products, product) }

// status is what /item/get says beside the Item.
func (it *item) status() reply {
	status := reply{"investments": nil, "transactions": nil, "last_webhook": nil}
	for _, product := range []string{"investments", "transactions"} {
		if it.has(product) {
			status[product] = reply{"last_successful_update": orNull(it.LastSuccess), "last_failed_update": orNull(it.LastFailure)}
		}
	}
	if it.LastWebhook != "" {
		status["last_webhook"] = reply{"sent_at": it.LastWebhookAt, "code_sent": it.LastWebhook}
	}
	return status
}

// orNull is nil, null in JSON, for a zero value.
func orNull[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

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
