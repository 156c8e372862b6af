package item

import "time"

// Source is where a hint comes from.
type Source string

const (
	FromWebhook   Source = "webhook"
	FromPortal    Source = "portal"
	FromEnrolment Source = "enrolment"
	FromOperator  Source = "operator"
	FromReconcile Source = "reconcile"
)

// Codes of hints that are not Plaid's own; a webhook's code is its type and code, "ITEM/ERROR".
const (
	LinkOpened   = "relink_opened"
	LinkFinished = "relink_completed"
	LinkLeft     = "relink_exited"
	Enrolled     = "enrolled"
	// NewLinkRequested: a merchant whose link has expired wants another mail now.
	NewLinkRequested = "fresh_link_asked"
	// MerchantChanged, from an operator: the merchant's details changed, so the next mail is planned again.
	// RemoveAsked, from an operator, is the command RemoveIt. Plaid is asked about neither.
	MerchantChanged = "merchant_changed"
	RemoveAsked     = "remove_asked"
	// StaleWebhook is a webhook that Plaid signed too long ago to be believed. It is a reason to ask Plaid, and no more.
	StaleWebhook = "stale_webhook"
)

// Codes of webhooks that are evidence, not only a hint: Plaid's item.error does not mention an end ahead.
const (
	PendingDisconnect = "ITEM/PENDING_DISCONNECT"
	PendingExpiration = "ITEM/PENDING_EXPIRATION"
)

// SessionFinished is Plaid's webhook about a Link session that has ended. It is delivered as LinkFinished or LinkLeft.
const SessionFinished = "LINK/SESSION_FINISHED"

// Hint is a reason to ask Plaid about an Item. It never sets a state by itself.
type Hint struct {
	Source Source `json:"source"`
	Code   string `json:"code"`
	// InboxIDs are the inbox rows this hint stands for, oldest first; they are the evidence in the audit.
	InboxIDs []int64 `json:"inbox_ids,omitempty"`
	// Until is when the minted link token ends (LinkOpened), or when the Item does (PendingDisconnect,
	// PendingExpiration). Other hints have none. It is zero for a Hosted Link, which pauses no mails because the
	// end of its page is not reported.
	Until time.Time `json:"until,omitzero"`
	// At is when the oldest row was received; only the announcements of an end and RemoveAsked have it. Reason is the
	// reason in a PendingDisconnect.
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`
	// Trace is the W3C traceparent of the request that brought the hint, of the oldest one when there are several. It
	// is empty when nothing is traced. It is for operators alone: no rule reads it.
	Trace string `json:"trace,omitempty"`
}

// Claim is what a hint claims about the Item. Plaid may contradict it.
type Claim string

const (
	ClaimsNothing Claim = ""
	ClaimsBroken  Claim = "broken"
	ClaimsHealed  Claim = "healed"
)

// Claim returns what the hint's code claims.
func (h Hint) Claim() Claim {
	switch h.Code {
	case "ITEM/ERROR", "ITEM/USER_PERMISSION_REVOKED":
		return ClaimsBroken
	case "ITEM/LOGIN_REPAIRED", LinkFinished:
		return ClaimsHealed
	}
	return ClaimsNothing
}

// newest returns the highest inbox row that the hint stands for, 0 when there is none.
func (h Hint) newest() int64 {
	var id int64
	for _, i := range h.InboxIDs {
		id = max(id, i)
	}
	return id
}
