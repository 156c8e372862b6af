package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// item is one login at one institution. Its accounts and products are never changed in place.
type item struct {
	id, accessToken string
	institution     *institution
	username        string
	products        []string
	atBank          []account // all that the login has there
	accounts        []account // those of them that are shared; never none
	webhookURL      string    // empty: none
	createdAt       time.Time
	consentEnds     time.Time // zero: consent does not end
	failure         *apiError // nil: healthy
	lastSuccess     time.Time
	lastFailure     time.Time
	lastWebhookCode string
	lastWebhookAt   time.Time
	removed         bool
	updateType      string // empty: background
}

// consentLifetime is how long OAuth consent lasts at most US banks (plaid.com/docs/link/oauth).
const consentLifetime = 365 * 24 * time.Hour

// newItem shares all the accounts of the login.
func newItem(in *institution, username string, products []string, webhookURL string, accounts []account, now time.Time) *item {
	it := &item{
		id: newItemID(), accessToken: newAccessToken(), institution: in, username: username,
		products: slices.Clone(products), atBank: accounts, accounts: accounts, webhookURL: webhookURL, createdAt: now,
	}
	it.repair(now)
	return it
}

func (it *item) breakWith(failure *apiError, now time.Time) {
	it.failure, it.lastFailure = failure, now
}

// heal clears the error and nothing else: no consent moves, as when the trouble ends at the bank's side.
func (it *item) heal(now time.Time) {
	it.failure, it.lastSuccess = nil, now
}

// repair is what a finished login does: the error goes, and consent that ends starts anew "as though newly created"
// (plaid.com/docs/link/update-mode).
func (it *item) repair(now time.Time) {
	it.heal(now)
	if it.institution.oauth || !it.consentEnds.IsZero() {
		it.consentEnds = now.Add(consentLifetime)
	}
}

// relink is update mode's end. Chosen are the accounts to share from now on, nil where nobody was asked to choose. An Item
// without accounts then stays broken though Link says success: that is Plaid's behaviour, and the reason not to believe
// the browser.
func (it *item) relink(chosen []string, now time.Time) {
	if chosen == nil && it.sharesNothing() {
		return
	}
	if chosen != nil {
		it.share(chosen)
	}
	it.repair(now)
}

// sharesNothing says that the Item is broken for want of accounts; those it had stand in accounts for the record.
func (it *item) sharesNothing() bool { return it.failure != nil && it.failure.code == codeNoAccounts }

// share needs at least one id of an account at the bank.
func (it *item) share(chosen []string) { it.accounts = accountsOf(it.atBank, chosen) }

// Values of update_type (schema Item): an Item of the second kind gets data only while the person is there.
const (
	updatedInBackground = "background"
	updatedWithPerson   = "user_present_required"
)

// itemView is Plaid's Item object.
type itemView struct {
	AvailableProducts     []string   `json:"available_products"`
	BilledProducts        []string   `json:"billed_products"`
	ConsentExpirationTime *time.Time `json:"consent_expiration_time"`
	CreatedAt             time.Time  `json:"created_at"`
	Error                 *errorView `json:"error"`
	InstitutionID         string     `json:"institution_id"`
	ItemID                string     `json:"item_id"`
	Products              []string   `json:"products"`
	UpdateType            string     `json:"update_type"`
	Webhook               *string    `json:"webhook"`
}

func (it *item) view() itemView {
	v := itemView{
		AvailableProducts: slices.DeleteFunc(institutionProducts(), func(p string) bool { return slices.Contains(it.products, p) }),
		BilledProducts:    it.products,
		CreatedAt:         it.createdAt,
		Error:             it.failure.view(),
		InstitutionID:     it.institution.id,
		ItemID:            it.id,
		Products:          it.products,
		UpdateType:        cmp.Or(it.updateType, updatedInBackground),
	}
	if !it.consentEnds.IsZero() {
		v.ConsentExpirationTime = new(it.consentEnds)
	}
	if it.webhookURL != "" {
		v.Webhook = new(it.webhookURL)
	}
	return v
}

// itemStatusView is the status beside the Item in /item/get.
type itemStatusView struct {
	Investments  *productTimes    `json:"investments"`
	Transactions *productTimes    `json:"transactions"`
	LastWebhook  *lastWebhookView `json:"last_webhook"`
}

type productTimes struct {
	LastSuccessfulUpdate *time.Time `json:"last_successful_update"`
	LastFailedUpdate     *time.Time `json:"last_failed_update"`
}

type lastWebhookView struct {
	SentAt   time.Time `json:"sent_at"`
	CodeSent string    `json:"code_sent"`
}

func (it *item) statusView() itemStatusView {
	var v itemStatusView
	times := func(product string) *productTimes {
		if !slices.Contains(it.products, product) {
			return nil
		}
		return &productTimes{LastSuccessfulUpdate: timeOrNull(it.lastSuccess), LastFailedUpdate: timeOrNull(it.lastFailure)}
	}
	v.Investments, v.Transactions = times("investments"), times("transactions")
	if it.lastWebhookCode != "" {
		v.LastWebhook = &lastWebhookView{SentAt: it.lastWebhookAt, CodeSent: it.lastWebhookCode}
	}
	return v
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
