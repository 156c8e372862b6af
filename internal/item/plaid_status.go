package item

import (
	"maps"
	"slices"
	"time"
)

// Truth is what Plaid answered when asked about an Item. It holds no secret, so it may stand in a workflow's history.
type Truth struct {
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
	// last_successful_update; zero when neither product tells one.
	DataAt time.Time `json:"data_at,omitzero"`
	// Accounts are set when they were asked for and read. Their names may be a person's, so they are never encoded: they
	// end where the answer is encoded for a workflow's history.
	Accounts []Account `json:"-"`
}

// Healthy reports whether Plaid named no error.
func (t Truth) Healthy() bool { return !t.Gone && t.ErrorCode == "" }

// Remedy is who or what can bring an Item back.
type Remedy string

const (
	ByUpdateMode Remedy = "update_mode" // the merchant, in Link's update mode
	ByBankFirst  Remedy = "bank_first"  // the merchant at the bank (unlock, reset, set up), then update mode
	ByNewItem    Remedy = "new_item"    // only a new Item
	ByWaiting    Remedy = "waiting"     // nobody: it is the bank's or Plaid's side
	ByOurselves  Remedy = "our_set_up"  // we: our keys, products or registration
)

// Meaning is what an error code says of an Item. State is empty for what says nothing about its connection.
type Meaning struct {
	State  State
	Cause  Cause
	Remedy Remedy
}

// meanings is every error code that Plaid documents for Items, institutions and requests about them
// (https://plaid.com/docs/errors/item, .../institution, .../invalid-input). What is not here is tomorrow's: it decides
// nothing, and Plaid is asked again.
var meanings = map[string]Meaning{
	"ITEM_LOGIN_REQUIRED":      {LoginRequired, Credentials, ByUpdateMode},
	"INVALID_CREDENTIALS":      {LoginRequired, Credentials, ByUpdateMode},
	"INSUFFICIENT_CREDENTIALS": {LoginRequired, Credentials, ByUpdateMode},
	"INVALID_MFA":              {LoginRequired, MFA, ByUpdateMode},
	"INVALID_OTP":              {LoginRequired, MFA, ByUpdateMode},
	"USER_INPUT_TIMEOUT":       {LoginRequired, MFA, ByUpdateMode},
	"NO_ACCOUNTS":              {LoginRequired, AccountsMissing, ByUpdateMode},
	"NO_AUTH_ACCOUNTS":         {LoginRequired, AccountsMissing, ByUpdateMode},
	"ACCESS_NOT_GRANTED":       {LoginRequired, AccountsMissing, ByUpdateMode},
	"ITEM_LOCKED":              {LoginRequired, BankAction, ByBankFirst},
	"PASSWORD_RESET_REQUIRED":  {LoginRequired, BankAction, ByBankFirst},
	"USER_SETUP_REQUIRED":      {LoginRequired, BankAction, ByBankFirst},

	// The merchant's own wish, or a bank that serves nobody any more: one try, one mail, no ladder.
	"USER_PERMISSION_REVOKED":         {Revoked, ConsentRevoked, ByNewItem},
	"INVALID_UPDATED_USERNAME":        {Revoked, NotSupported, ByNewItem},
	"MFA_NOT_SUPPORTED":               {Revoked, NotSupported, ByNewItem},
	"ITEM_NOT_SUPPORTED":              {Revoked, NotSupported, ByNewItem},
	"INSTITUTION_NO_LONGER_SUPPORTED": {Revoked, NotSupported, ByNewItem},
	"UNSUPPORTED_RESPONSE":            {Revoked, NotSupported, ByNewItem},

	"ITEM_NOT_FOUND":            {Removed, Gone, ByNewItem},
	"ITEM_CONCURRENTLY_DELETED": {Removed, Gone, ByNewItem},

	"INSTITUTION_DOWN":           {Remedy: ByWaiting},
	"INSTITUTION_NOT_RESPONDING": {Remedy: ByWaiting},
	"INSTITUTION_NOT_AVAILABLE":  {Remedy: ByWaiting},
	"INVALID_SEND_METHOD":        {Remedy: ByWaiting},
	"PRODUCT_NOT_READY":          {Remedy: ByWaiting},
	"INTERNAL_SERVER_ERROR":      {Remedy: ByWaiting},
	"PLANNED_MAINTENANCE":        {Remedy: ByWaiting},

	"INSTITUTION_REGISTRATION_REQUIRED": {Remedy: ByOurselves},
	"UNAUTHORIZED_INSTITUTION":          {Remedy: ByOurselves},
	"PRODUCTS_NOT_SUPPORTED":            {Remedy: ByOurselves},
	"PRODUCT_NOT_ENABLED":               {Remedy: ByOurselves},
	"INVALID_API_KEYS":                  {Remedy: ByOurselves},
}

// reasons refine ITEM_LOGIN_REQUIRED at OAuth banks (error_code_reason). OAUTH_INVALID_TOKEN says no more than the code.
var reasons = map[string]Cause{
	"OAUTH_CONSENT_EXPIRED": ConsentExpired,
	"OAUTH_USER_REVOKED":    ConsentRevoked,
}

// MeaningOf answers what an error code and its reason say; known is false for a code that Plaid did not have when this
// table was written.
func MeaningOf(code, reason string) (m Meaning, known bool) {
	m, known = meanings[code]
	if refined, ok := reasons[reason]; ok && m.Cause == Credentials {
		m.Cause = refined
	}
	return m, known
}

// ErrorCodes answers every error code that the table knows, in order.
func ErrorCodes() []string { return slices.Sorted(maps.Keys(meanings)) }

// Verdict translates Plaid's answer into a state and its cause. decided is false when the answer says nothing about
// the connection, for example while the institution is down.
func (t Truth) Verdict() (state State, cause Cause, decided bool) {
	if t.Gone {
		return Removed, Gone, true
	}
	if t.Healthy() {
		return Connected, "", true
	}
	m, known := MeaningOf(t.ErrorCode, t.ErrorReason)
	if !known || m.State == "" {
		return "", "", false
	}
	return m.State, m.Cause, true
}
