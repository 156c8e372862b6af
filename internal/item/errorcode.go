package item

import (
	"maps"
	"slices"
)

// Remedy is who or what can bring an Item back.
type Remedy string

const (
	ByUpdateMode Remedy = "update_mode" // the merchant, in Link's update mode
	ByBankFirst  Remedy = "bank_first"  // the merchant at the bank (unlock, reset, set up), then update mode
	ByNewItem    Remedy = "new_item"    // only a new Item
	ByWaiting    Remedy = "waiting"     // nobody: it is the bank's or Plaid's side
	ByOurselves  Remedy = "our_set_up"  // we: our keys, products or registration
)

// ErrorClass is what an error code of Plaid's means. State and Cause are empty for a code that says nothing about the
// Item's connection.
type ErrorClass struct {
	State  State
	Cause  Cause
	Remedy Remedy
	// Final reports that the same request, sent again, gets the same answer. An error that a person can repair in our
	// set-up is not final, so a rotated secret loses no work.
	Final bool
	// PastUpdateMode reports that Plaid refuses update mode for the Item from now on.
	PastUpdateMode bool
}

// OurSetUp reports that our configuration or our Plaid account is to blame: never the Item, its merchant or its bank.
func (c ErrorClass) OurSetUp() bool { return c.Remedy == ByOurselves }

// The columns of the table below, in words.
const (
	nothing       = State("") // the code says nothing about the connection
	noCause       = Cause("")
	final, retry  = true, false
	past, notPast = true, false // past update mode
)

// errorClasses is the one table of error codes: every one that Plaid documents for Items, institutions and requests
// about them (https://plaid.com/docs/errors/item, .../institution, .../invalid-input). internal/plaid reads it; the
// local Plaid and the script of the merchant's page are held to it by tests. A code that is not in the table decides
// nothing, and Plaid is asked again.
var errorClasses = map[string]ErrorClass{
	"ITEM_LOGIN_REQUIRED":      {LoginRequired, Credentials, ByUpdateMode, final, notPast},
	"INVALID_CREDENTIALS":      {LoginRequired, Credentials, ByUpdateMode, final, notPast},
	"INSUFFICIENT_CREDENTIALS": {LoginRequired, Credentials, ByUpdateMode, final, notPast},
	"INVALID_MFA":              {LoginRequired, MFA, ByUpdateMode, final, notPast},
	"INVALID_OTP":              {LoginRequired, MFA, ByUpdateMode, final, notPast},
	"USER_INPUT_TIMEOUT":       {LoginRequired, MFA, ByUpdateMode, final, notPast},
	"NO_ACCOUNTS":              {LoginRequired, AccountsMissing, ByUpdateMode, final, notPast},
	"NO_AUTH_ACCOUNTS":         {LoginRequired, AccountsMissing, ByUpdateMode, final, notPast},
	"ACCESS_NOT_GRANTED":       {LoginRequired, AccountsMissing, ByUpdateMode, final, notPast},
	"ITEM_LOCKED":              {LoginRequired, BankAction, ByBankFirst, final, notPast},
	"PASSWORD_RESET_REQUIRED":  {LoginRequired, BankAction, ByBankFirst, final, notPast},
	"USER_SETUP_REQUIRED":      {LoginRequired, BankAction, ByBankFirst, final, notPast},

	// The merchant's own wish, or a bank that Plaid no longer serves: one try, one mail, no ladder.
	"USER_PERMISSION_REVOKED":         {Revoked, ConsentRevoked, ByNewItem, final, past},
	"INVALID_UPDATED_USERNAME":        {Revoked, NotSupported, ByNewItem, final, notPast},
	"MFA_NOT_SUPPORTED":               {Revoked, NotSupported, ByNewItem, final, notPast},
	"ITEM_NOT_SUPPORTED":              {Revoked, NotSupported, ByNewItem, final, notPast},
	"INSTITUTION_NO_LONGER_SUPPORTED": {Revoked, NotSupported, ByNewItem, final, past},
	"UNSUPPORTED_RESPONSE":            {Revoked, NotSupported, ByNewItem, final, notPast},

	"ITEM_NOT_FOUND":            {Removed, Gone, ByNewItem, final, past},
	"ITEM_CONCURRENTLY_DELETED": {Removed, Gone, ByNewItem, final, past},

	"INSTITUTION_DOWN":           {nothing, noCause, ByWaiting, retry, notPast},
	"INSTITUTION_NOT_RESPONDING": {nothing, noCause, ByWaiting, retry, notPast},
	"INSTITUTION_NOT_AVAILABLE":  {nothing, noCause, ByWaiting, retry, notPast},
	"INVALID_SEND_METHOD":        {nothing, noCause, ByWaiting, final, notPast}, // for the merchant's next Link session
	"PRODUCT_NOT_READY":          {nothing, noCause, ByWaiting, retry, notPast},
	"INTERNAL_SERVER_ERROR":      {nothing, noCause, ByWaiting, retry, notPast},
	"PLANNED_MAINTENANCE":        {nothing, noCause, ByWaiting, retry, notPast},

	"INSTITUTION_REGISTRATION_REQUIRED": {nothing, noCause, ByOurselves, retry, notPast},
	"UNAUTHORIZED_INSTITUTION":          {nothing, noCause, ByOurselves, retry, notPast},
	"UNAUTHORIZED_ENVIRONMENT":          {nothing, noCause, ByOurselves, retry, notPast},
	"UNAUTHORIZED_ROUTE_ACCESS":         {nothing, noCause, ByOurselves, retry, notPast},
	"INVALID_PRODUCT":                   {nothing, noCause, ByOurselves, retry, notPast},
	"PRODUCTS_NOT_SUPPORTED":            {nothing, noCause, ByOurselves, retry, notPast},
	"PRODUCT_NOT_ENABLED":               {nothing, noCause, ByOurselves, retry, notPast},
	"INVALID_API_KEYS":                  {nothing, noCause, ByOurselves, retry, notPast},
	"INVALID_ACCESS_TOKEN":              {nothing, noCause, ByOurselves, retry, notPast}, // also for a token of the other environment
}

// reasons refine ITEM_LOGIN_REQUIRED at OAuth banks (error_code_reason). OAUTH_INVALID_TOKEN says no more than the
// code.
var reasons = map[string]Cause{
	"OAUTH_CONSENT_EXPIRED": ConsentExpired,
	"OAUTH_USER_REVOKED":    ConsentRevoked,
}

// ClassOf returns what an error code and its reason mean. known is false for a code that is not in the table.
func ClassOf(code, reason string) (class ErrorClass, known bool) {
	class, known = errorClasses[code]
	if refined, ok := reasons[reason]; ok && class.Cause == Credentials {
		class.Cause = refined
	}
	return class, known
}

// ErrorCodes returns every error code of the table, in alphabetical order.
func ErrorCodes() []string { return slices.Sorted(maps.Keys(errorClasses)) }
