package item

import "time"

// Source says who asks to look again.
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
	// FreshAsked is that a merchant whose link is over wants another mail now.
	FreshAsked = "fresh_link_asked"
	// MerchantChanged, from an operator, is that the merchant's details are others: what is planned is planned again.
	// RemoveAsked, from an operator, is the order RemoveIt. Plaid is not asked for either.
	MerchantChanged = "merchant_changed"
	RemoveAsked     = "remove_asked"
	// StaleWebhook is a webhook that Plaid signed, but too long ago to be believed: a reason to look, and no more.
	StaleWebhook = "stale_webhook"
)

// Codes of webhooks that are evidence, not only a hint: item.error says nothing of an end ahead.
const (
	PendingDisconnect = "ITEM/PENDING_DISCONNECT"
	PendingExpiration = "ITEM/PENDING_EXPIRATION"
)

// SessionFinished is Plaid's word that a Link session is over. It is delivered as LinkFinished or LinkLeft.
const SessionFinished = "LINK/SESSION_FINISHED"

// Hint is "look again, because ...". It never sets a state by itself.
type Hint struct {
	Source Source `json:"source"`
	Code   string `json:"code"`
	// InboxIDs are the inbox rows this hint stands for, oldest first; they are the evidence in the audit.
	InboxIDs []int64 `json:"inbox_ids,omitempty"`
	// Until is when the minted link token ends (LinkOpened; zero where the merchant went to Hosted Link, which pauses no
	// mails: nobody tells when it is closed), or the Item (PendingDisconnect, PendingExpiration); no
	// other hint has it.
	Until time.Time `json:"until,omitzero"`
	// At is when the oldest of its rows came, of evidence and of RemoveAsked; Reason is what a PendingDisconnect gives as its
	// reason.
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`
	// Trace is the W3C traceparent of whoever brought the hint, of the oldest one when it stands for several; empty when
	// nothing is traced. It is for operators alone: no rule reads it.
	Trace string `json:"trace,omitempty"`
}

// Claim is what a hint says about the Item; Plaid may contradict it.
type Claim string

const (
	ClaimsNothing Claim = ""
	ClaimsBroken  Claim = "broken"
	ClaimsHealed  Claim = "healed"
)

// Claim reads the claim off the hint's code.
func (h Hint) Claim() Claim {
	switch h.Code {
	case "ITEM/ERROR", "ITEM/USER_PERMISSION_REVOKED":
		return ClaimsBroken
	case "ITEM/LOGIN_REPAIRED", LinkFinished:
		return ClaimsHealed
	}
	return ClaimsNothing
}

// newest is the highest inbox row the hint stands for, 0 when it stands for none.
func (h Hint) newest() int64 {
	var id int64
	for _, i := range h.InboxIDs {
		id = max(id, i)
	}
	return id
}
