package sandbox

import "net/http"

const (
	typeItemError        = "ITEM_ERROR"
	typeInstitutionError = "INSTITUTION_ERROR"

	codeItemLoginRequired     = "ITEM_LOGIN_REQUIRED"
	codeUserPermissionRevoked = "USER_PERMISSION_REVOKED"
	codeInvalidCredentials    = "INVALID_CREDENTIALS"
	codeInvalidMFA            = "INVALID_MFA"
	codeNoAccounts            = "NO_ACCOUNTS"
	codeInstitutionDown       = "INSTITUTION_DOWN"

	codeInstitutionUnsupported = "INSTITUTION_NO_LONGER_SUPPORTED"
	codeInvalidLinkToken       = "INVALID_LINK_TOKEN"
	codeItemNotFound           = "ITEM_NOT_FOUND"
	codeOAuthStateNotFound     = "OAUTH_STATE_ID_NOT_FOUND"
)

// plaidErrors are the error codes that the local Plaid plays, from plaid.com/docs/errors (2026-03). Texts may change at
// Plaid; only type and code are stable. An empty display means null; a status of 0 means 400.
var plaidErrors = []struct {
	kind, code, message, display string
	status                       int
}{
	{kind: "INVALID_REQUEST", code: "INVALID_FIELD", message: "invalid field"},
	{kind: "INVALID_REQUEST", code: "MISSING_FIELDS", message: "required fields are missing"},
	{kind: "INVALID_REQUEST", code: "UNKNOWN_FIELDS", message: "unknown fields were given"},
	{kind: "INVALID_REQUEST", code: "INVALID_BODY", message: "body could not be parsed as JSON"},
	{kind: "INVALID_REQUEST", code: "NOT_FOUND", message: "not found", status: http.StatusNotFound},
	{kind: "INVALID_INPUT", code: "INVALID_API_KEYS", message: "invalid client_id or secret provided"},
	{kind: "INVALID_INPUT", code: "INVALID_ACCESS_TOKEN", message: "could not find matching access token"},
	{kind: "INVALID_INPUT", code: "INVALID_PUBLIC_TOKEN", message: "could not find matching public token"},
	{kind: "INVALID_INPUT", code: codeInvalidLinkToken, message: "invalid link_token provided"},
	{kind: "INVALID_INPUT", code: "INVALID_INSTITUTION", message: "invalid institution_id provided"},
	{kind: "INVALID_INPUT", code: "INVALID_PRODUCT", message: "client is not authorized to access this product"},
	{kind: "INVALID_INPUT", code: "INVALID_ACCOUNT_ID", message: "failed to find requested account ID for requested item"},
	{kind: "INVALID_INPUT", code: "INVALID_WEBHOOK_VERIFICATION_KEY_ID", message: "invalid key_id provided. note that key_ids are specific to Plaid environments, and verification requests must be made to the same environment that the webhook was sent from"},
	{kind: "INVALID_INPUT", code: codeUserPermissionRevoked, message: "the holder of this account has revoked their permission for your application to access it"},
	{kind: "SANDBOX_ERROR", code: "SANDBOX_PRODUCT_NOT_ENABLED", message: "The requested product is not enabled on this item"},
	{kind: "SANDBOX_ERROR", code: "SANDBOX_WEBHOOK_INVALID", message: "Webhook for this item is either not set up, or invalid. Please update the item's webhook and try again."},

	{kind: typeItemError, code: codeItemLoginRequired, message: "the login details of this item have changed (credentials, MFA, or required user action) and a user login is required to update this information. use Link's update mode to restore the item to a good state"},
	{kind: typeItemError, code: codeItemNotFound, message: "The Item you requested cannot be found. This Item does not exist, has been previously removed via /item/remove, or has had access removed by the user."},
	{kind: typeItemError, code: "ACCESS_NOT_GRANTED", message: "access to this product was not granted for the account", display: "The user did not grant the necessary permissions for this product on their account."},
	{kind: typeItemError, code: "INSUFFICIENT_CREDENTIALS", message: "insufficient authorization was provided to complete the request", display: "INSUFFICIENT_CREDENTIALS"},
	{kind: typeItemError, code: codeInvalidCredentials, message: "the provided credentials were not correct", display: "The provided credentials were not correct. Please try again."},
	{kind: typeItemError, code: codeInvalidMFA, message: "the provided MFA response(s) were not correct", display: "The provided MFA responses were not correct. Please try again."},
	{kind: typeItemError, code: "INVALID_SEND_METHOD", message: "the provided MFA send_method was invalid"},
	{kind: typeItemError, code: "INVALID_UPDATED_USERNAME", message: "the username provided to /item/credentials/update does not match the original username for the item"},
	{kind: typeItemError, code: "ITEM_LOCKED", message: "the account is locked. prompt the user to visit the institution's site and unlock their account", display: "The given account has been locked by the financial institution. Please visit your financial institution's website to unlock your account."},
	{kind: typeItemError, code: "ITEM_NOT_SUPPORTED", message: "this account is currently not supported", display: "The given account is not currently supported for this financial institution. We apologize for the inconvenience."},
	{kind: typeItemError, code: "MFA_NOT_SUPPORTED", message: "this account requires a MFA type that we do not currently support for the institution", display: "The multi-factor security features enabled on this account are not currently supported for this financial institution. We apologize for the inconvenience."},
	{kind: typeItemError, code: codeNoAccounts, message: "no valid accounts were found for this item", display: "No valid accounts were found at the financial institution. Please visit your financial institution's website to confirm accounts are available."},
	{kind: typeItemError, code: "PASSWORD_RESET_REQUIRED", message: "the user must reset their password at the financial institution"},
	{kind: typeItemError, code: "USER_SETUP_REQUIRED", message: "the account has not been fully set up. prompt the user to visit the issuing institution's site and finish the setup process", display: "The given account is not fully set up. Please visit your financial institution's website to setup your account."},
	{kind: typeItemError, code: "USER_INPUT_TIMEOUT", message: "user did not respond within the allowed time", display: "Your session timed out. Please try again."},

	{kind: typeInstitutionError, code: codeInstitutionDown, message: "this institution is not currently responding to this request. please try again soon", display: "This financial institution is not currently responding to requests. We apologize for the inconvenience."},
	{kind: typeInstitutionError, code: "INSTITUTION_NOT_RESPONDING", message: "this institution is not currently responding to this request. please try again soon", display: "This financial institution is not currently responding to requests. We apologize for the inconvenience."},
	{kind: typeInstitutionError, code: "INSTITUTION_NOT_AVAILABLE", message: "this institution is not currently responding to this request. please try again soon", display: "This financial institution is not currently responding to requests. We apologize for the inconvenience."},
	{kind: typeInstitutionError, code: codeInstitutionUnsupported, message: "this institution is no longer supported", display: "This financial institution is no longer supported. We apologize for the inconvenience."},
	{kind: typeInstitutionError, code: "UNSUPPORTED_RESPONSE", message: "the data returned from the financial institution is not valid", display: "The data returned from the financial institution is not valid."},

	{kind: typeItemError, code: "NO_AUTH_ACCOUNTS", message: "no auth accounts were found for this item", display: "No eligible accounts were found at the financial institution. Please share another account."},

	{kind: "OAUTH_ERROR", code: "INCORRECT_LINK_TOKEN", message: "link token does not match original link token"},
	{kind: "OAUTH_ERROR", code: "OAUTH_STATE_ID_ALREADY_PROCESSED", status: http.StatusAlreadyReported},
	{kind: "OAUTH_ERROR", code: codeOAuthStateNotFound, message: "the provided oauth_state_id wasn't found", status: http.StatusNotFound},

	{kind: "API_ERROR", code: "INTERNAL_SERVER_ERROR", message: "an unexpected error occurred", display: "An unexpected error occurred. Please try again.", status: http.StatusInternalServerError},
	{kind: "RATE_LIMIT_EXCEEDED", code: "RATE_LIMIT", message: "rate limit exceeded. too many requests were made", status: http.StatusTooManyRequests},
	{kind: "API_ERROR", code: "PLANNED_MAINTENANCE", message: "the Plaid API is temporarily unavailable due to planned maintenance", status: http.StatusServiceUnavailable},
	{kind: "PAYMENT_ERROR", code: "PAYMENT_INVALID_RECIPIENT", message: "the payment recipient is invalid"},
}

// plaidError returns the error of a code. A code that is not in the table is an Item error: Plaid may add codes at any time
// (plaid.com/docs/api/versioning), so callers must be able to try an unknown one here.
func plaidError(code string) *apiError {
	for _, row := range plaidErrors {
		if row.code != code {
			continue
		}
		e := &apiError{Type: row.kind, Code: code, Message: row.message, Status: row.status}
		if row.display != "" {
			e.Display = &row.display
		}
		return e
	}
	return &apiError{Type: typeItemError, Code: code, Message: "the item is in the error state " + code}
}
