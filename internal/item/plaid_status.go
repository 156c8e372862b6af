package item

import "time"

// PlaidStatus is what Plaid answered when asked about an Item. It holds no secret, so it may stand in a workflow's
// history.
type PlaidStatus struct {
	// Gone is set when Plaid no longer knows the Item or its access token.
	Gone bool `json:"gone,omitempty"`
	// ErrorCode and ErrorReason are Plaid's error_code and error_code_reason; both are empty for a healthy Item.
	ErrorCode   string `json:"error_code,omitempty"`
	ErrorReason string `json:"error_reason,omitempty"`
	// ConsentExpiresAt is item.consent_expiration_time, zero when there is none.
	ConsentExpiresAt time.Time `json:"consent_expires_at,omitzero"`
	// RelinkedAt is when the newest of our own Link sessions for this Item ended with success, by /link/token/get; zero
	// when there was none, or when it was not asked for.
	RelinkedAt time.Time `json:"relinked_at,omitzero"`
	// UserPresent is update_type user_present_required: the bank wants the merchant at every single update.
	UserPresent bool `json:"user_present,omitempty"`
	// DataAt is when Plaid last got data from the bank, the newest of status.transactions' and status.investments'
	// last_successful_update; zero when neither product reports one.
	DataAt time.Time `json:"data_at,omitzero"`
	// Accounts are set when they were asked for and read. Their names may be a person's, so they are never encoded, and
	// no workflow's history gets them.
	Accounts []Account `json:"-"`
}

// Healthy reports whether Plaid named no error.
func (s PlaidStatus) Healthy() bool { return !s.Gone && s.ErrorCode == "" }

// Classify translates Plaid's answer into a state and its cause. decided is false when the answer says nothing about
// the connection, for example while the institution is down.
func (s PlaidStatus) Classify() (state State, cause Cause, decided bool) {
	if s.Gone {
		return Removed, Gone, true
	}
	if s.Healthy() {
		return Connected, "", true
	}
	class, known := ClassOf(s.ErrorCode, s.ErrorReason)
	if !known || class.State == "" {
		return "", "", false
	}
	return class.State, class.Cause, true
}
