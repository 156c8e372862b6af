package localplaid

import (
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// webhook is a body for one receiver, before it is signed. Its exported fields are what the log shows of it.
type webhook struct {
	ItemID string `json:"item_id"`
	Type   string `json:"webhook_type"`
	Code   string `json:"webhook_code"`
	URL    string `json:"url"`

	body []byte
}

const (
	typeItem         = "ITEM"
	typeTransactions = "TRANSACTIONS"
)

// noticePeriod is how long before the end of consent PENDING_DISCONNECT and PENDING_EXPIRATION come
// (plaid.com/docs/api/items).
const noticePeriod = 7 * 24 * time.Hour

// webhookKind is a webhook that Plaid sends about an Item.
type webhookKind struct {
	kind, code string
	fired      bool // /sandbox/item/fire_webhook takes its code (plaid.com/docs/api/sandbox)
	// fields are what it carries beyond type, code, item_id and environment; nil: nothing
	// (plaid.com/docs/api/items and .../transactions).
	fields func(it *item, now time.Time) map[string]any
}

var webhookKinds = []webhookKind{
	{typeItem, "ERROR", false, func(it *item, _ time.Time) map[string]any {
		failure := it.Failure
		if failure == nil {
			failure = plaidError(codeItemLoginRequired)
		}
		return map[string]any{"error": failure.inWebhook()}
	}},
	{typeItem, "LOGIN_REPAIRED", true, nil},
	{typeItem, codeUserPermissionRevoked, true, func(*item, time.Time) map[string]any {
		return map[string]any{"error": plaidError(codeUserPermissionRevoked).inWebhook()}
	}},
	{typeItem, "PENDING_DISCONNECT", true, func(_ *item, now time.Time) map[string]any {
		return map[string]any{"reason": "INSTITUTION_TOKEN_EXPIRATION", "disconnect_time": now.Add(noticePeriod)}
	}},
	{typeItem, "PENDING_EXPIRATION", false, func(_ *item, now time.Time) map[string]any {
		return map[string]any{"consent_expiration_time": now.Add(noticePeriod)}
	}},
	{typeItem, "USER_ACCOUNT_REVOKED", true, func(it *item, _ time.Time) map[string]any {
		return map[string]any{"account_id": it.accounts()[0].ID}
	}},
	{typeItem, "NEW_ACCOUNTS_AVAILABLE", true, func(*item, time.Time) map[string]any { return map[string]any{"error": nil} }},
	{typeItem, "WEBHOOK_UPDATE_ACKNOWLEDGED", false, func(it *item, _ time.Time) map[string]any {
		return map[string]any{"error": nil, "new_webhook_url": it.WebhookURL}
	}},
	{typeTransactions, "SYNC_UPDATES_AVAILABLE", true, func(*item, time.Time) map[string]any {
		return map[string]any{"initial_update_complete": true, "historical_update_complete": true}
	}},
	{typeTransactions, "RECURRING_TRANSACTIONS_UPDATE", true, func(it *item, _ time.Time) map[string]any {
		return map[string]any{"account_ids": []string{it.accounts()[0].ID}}
	}},
	{typeTransactions, "DEFAULT_UPDATE", true, func(*item, time.Time) map[string]any {
		return map[string]any{"error": nil, "new_transactions": 0}
	}},
	// Products that no Item here has: firing them is refused.
	{"AUTH", "SMS_MICRODEPOSITS_VERIFICATION", true, nil},
	{"AUTH", "AUTHORIZATION_GRANTED", true, nil},
	{"ASSETS", "ERROR", true, nil},
	{"ASSETS", "PRODUCT_READY", true, nil},
}

// newWebhook makes a webhook of the fields that all have and of parts, each laid over those before it. The body is
// indented by two spaces, as Plaid's is: its hash covers the white space.
func newWebhook(url, itemID, kind, code string, parts ...map[string]any) webhook {
	content := map[string]any{"webhook_type": kind, "webhook_code": code, "environment": environment}
	for _, part := range parts {
		maps.Copy(content, part)
	}
	body, _ := json.MarshalIndent(content, "", "  ") // the parts are ours, or were JSON before
	return webhook{ItemID: itemID, URL: url, Type: kind, Code: code, body: body}
}

// itemWebhook makes what Plaid sends for a code, with fields laid over it, and notes it as the Item's last webhook.
func (g *registry) itemWebhook(it *item, kind, code string, fields map[string]any) webhook {
	it.LastWebhook, it.LastWebhookAt = code, g.now()
	usual := map[string]any{"item_id": it.id}
	for _, known := range webhookKinds {
		if known.kind == kind && known.code == code && known.fields != nil {
			maps.Copy(usual, known.fields(it, it.LastWebhookAt))
		}
	}
	return newWebhook(it.WebhookURL, it.id, kind, code, usual, fields)
}

// notify sends a webhook about an Item and returns its delivery's id; empty where the Item has no URL.
func (g *registry) notify(it *item, kind, code string) (deliveryID string) {
	if it.WebhookURL == "" {
		return ""
	}
	return g.send(g.itemWebhook(it, kind, code, nil))
}

// breakItem puts an Item into an error state. With a webhook, it also sends what Plaid would: ITEM: ERROR, or
// ITEM: USER_PERMISSION_REVOKED, since that code has a webhook of its own.
func (g *registry) breakItem(it *item, failure *apiError, withWebhook bool) (deliveryID string) {
	it.Failure, it.LastFailure = failure, g.now()
	switch {
	case !withWebhook:
		return ""
	case failure.Code == codeUserPermissionRevoked:
		return g.notify(it, typeItem, codeUserPermissionRevoked)
	}
	return g.notify(it, typeItem, "ERROR")
}

// deliveryView is a delivery as the controls show it. They do not show the signed token; repeat_of sends it again.
type deliveryView struct {
	ID       string `json:"id"`
	RepeatOf string `json:"repeat_of,omitempty"`
	webhook
	Sign        signing    `json:"sign"`
	Attempts    []attempt  `json:"attempts"`
	NextAttempt *time.Time `json:"next_attempt"` // nil: none is planned, or one is under way
	// GaveUp is why a webhook that was never received is not retried any more.
	GaveUp surrender `json:"gave_up,omitempty"`
}

// attempt is one POST and what came back.
type attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// delivery is one webhook on its way. Only its queue may touch it. The data file keeps the exported fields.
type delivery struct {
	deliveryView
	Body    string       `json:"body"`              // to the byte: its hash covers the white space
	Token   string       `json:"token,omitempty"`   // of the last attempt
	Retries retrySigning `json:"retries,omitempty"` // how they are signed; empty: as the queue has it

	frozen  bool // Token is sent as it is
	retried bool // until it is received, as Plaid's own are
}

// pending reports that the webhook is still to be received. One that is badly signed or a repeat never is.
func (x *delivery) pending() bool {
	received := len(x.Attempts) > 0 && x.Attempts[len(x.Attempts)-1].Status == http.StatusOK
	return x.retried && x.GaveUp == "" && !received
}

func newDelivery(hook webhook, how signing) *delivery {
	view := deliveryView{ID: uuid.NewString(), webhook: hook, Sign: how, Attempts: []attempt{}}
	return &delivery{deliveryView: view, Body: string(hook.body)}
}
