package item

import "time"

// Truth is what Plaid answered when asked about an Item. It holds no secret, so it may stand in a workflow's history.
type Truth struct {
	// Gone is set when Plaid no longer knows the Item or its access token.
	Gone bool `json:"gone,omitempty"`
	// ErrorCode and ErrorReason are Plaid's error_code and error_code_reason; both are empty for a healthy Item.
	ErrorCode   string `json:"error_code,omitempty"`
	ErrorReason string `json:"error_reason,omitempty"`
	// ConsentExpiresAt is item.consent_expiration_time, zero when there is none.
	ConsentExpiresAt time.Time `json:"consent_expires_at,omitzero"`
}

// Healthy reports whether Plaid named no error.
func (t Truth) Healthy() bool { return !t.Gone && t.ErrorCode == "" }

type verdict struct {
	state State
	cause Cause
}

// verdicts says what an error code means for the Item. Source: Plaid's error pages for ITEM_ERROR and INVALID_INPUT.
// A code that is not here (an institution that is down, our own set-up, tomorrow's codes) decides nothing:
// the Item keeps its state and Plaid is asked again.
var verdicts = map[string]verdict{
	"ITEM_LOGIN_REQUIRED":      {LoginRequired, Credentials},
	"INVALID_CREDENTIALS":      {LoginRequired, Credentials},
	"INSUFFICIENT_CREDENTIALS": {LoginRequired, Credentials},
	"INVALID_MFA":              {LoginRequired, MFA},
	"INVALID_OTP":              {LoginRequired, MFA},
	"USER_INPUT_TIMEOUT":       {LoginRequired, MFA},
	"NO_ACCOUNTS":              {LoginRequired, AccountsMissing},
	"NO_AUTH_ACCOUNTS":         {LoginRequired, AccountsMissing},
	"ACCESS_NOT_GRANTED":       {LoginRequired, AccountsMissing},
	"ITEM_LOCKED":              {LoginRequired, BankAction},
	"PASSWORD_RESET_REQUIRED":  {LoginRequired, BankAction},
	"USER_SETUP_REQUIRED":      {LoginRequired, BankAction},
	"USER_PERMISSION_REVOKED":  {Revoked, ConsentRevoked},
}

// reasons refine ITEM_LOGIN_REQUIRED at OAuth banks (error_code_reason).
var reasons = map[string]Cause{
	"OAUTH_CONSENT_EXPIRED": ConsentExpired,
	"OAUTH_USER_REVOKED":    ConsentRevoked,
}

// Verdict translates Plaid's answer into a state and its cause. decided is false when the answer says nothing about
// the connection, for example while the institution is down.
func (t Truth) Verdict() (state State, cause Cause, decided bool) {
	if t.Gone {
		return Removed, Gone, true
	}
	if t.Healthy() {
		return Connected, "", true
	}
	v, known := verdicts[t.ErrorCode]
	if !known {
		return "", "", false
	}
	if refined, ok := reasons[t.ErrorReason]; ok && v.cause == Credentials {
		v.cause = refined
	}
	return v.state, v.cause, true
}
