package localplaid

import (
	"bytes"
	"cmp"
	_ "embed" // for the table
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
)

// apiError is Plaid's error object (schema PlaidError): what is wrong with a call, an Item or a Link session. It does
// not change once it is made.
type apiError struct {
	Type    string  `json:"error_type"`
	Code    string  `json:"error_code"`
	Reason  string  `json:"error_code_reason,omitempty"` // only OAuth Items have one
	Message string  `json:"error_message"`               // for developers
	Display *string `json:"display_message"`             // for users; nil is null
	// Status is the HTTP status that goes with the error; 0 means 400. On the wire only webhooks carry it.
	Status int `json:"status,omitempty"`
	// RequestID and DocsURL are set in answers of the API only.
	RequestID string `json:"request_id,omitempty"`
	DocsURL   string `json:"documentation_url,omitempty"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func (e *apiError) httpStatus() int { return cmp.Or(e.Status, http.StatusBadRequest) }

// saying returns the same error with another message.
func (e *apiError) saying(message string) *apiError {
	changed := *e
	changed.Message = message
	return &changed
}

// view returns the error as Items and Link sessions show it; nil for none.
func (e *apiError) view() *apiError {
	if e == nil {
		return nil
	}
	shown := *e
	shown.Status = 0
	return &shown
}

// answer returns the error as the body of an API answer.
func (e *apiError) answer(requestID string) *apiError {
	shown := e.view()
	shown.RequestID = requestID
	shown.DocsURL = "https://plaid.com/docs/?ref=error#" + strings.ReplaceAll(strings.ToLower(e.Type), "_", "-") + "-errors"
	return shown
}

// inWebhook returns the error as webhooks carry it. display_message is null there (Plaid's changelog, 2026-02-26). A
// revoked permission has the type ITEM_ERROR, where the API says INVALID_INPUT (plaid.com/docs/api/items).
func (e *apiError) inWebhook() *apiError {
	shown := *e
	shown.Display, shown.Status = nil, e.httpStatus()
	if e.Code == codeUserPermissionRevoked {
		shown.Type = typeItemError
	}
	return &shown
}

func invalidField(message string) *apiError { return plaidError("INVALID_FIELD").saying(message) }

func invalidProduct(product string) *apiError {
	return plaidError("INVALID_PRODUCT").saying(`client is not authorized to access the following products: ["` + product + `"]`)
}

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

// plaidErrors are the errors that the local Plaid plays, by code, from plaid.com/docs/errors (2026-03). Texts may
// change at Plaid; only type and code are stable. An empty display_message means null, an empty status 400.
var plaidErrors = func() map[string]apiError {
	rows, err := csv.NewReader(bytes.NewReader(errorCodes)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program
	}
	errors := map[string]apiError{}
	for _, row := range rows[1:] {
		e := apiError{Code: row[0], Type: row[1], Message: row[3]}
		e.Status, _ = strconv.Atoi(row[2])
		e.Display = orNull(row[4])
		errors[e.Code] = e
	}
	return errors
}()

//go:embed apierrors.csv
var errorCodes []byte

// plaidError returns the error of a code. A code that is not in the table is an Item error: Plaid may add codes at any
// time (plaid.com/docs/api/versioning), so callers must be able to try an unknown one here.
func plaidError(code string) *apiError {
	if e, ok := plaidErrors[code]; ok {
		return &e
	}
	return &apiError{Type: typeItemError, Code: code, Message: "the item is in the error state " + code}
}
