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

func (it *item) breakWith(failure *apiError, now time.Time) {
	it.Failure, it.LastFailure = failure, now
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
