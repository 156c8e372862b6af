package sandbox

import (
	"bytes"
	_ "embed" // for the table
	"encoding/csv"
	"strconv"
)

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

// plaidErrors are the errors that the local Plaid plays, by code, from plaid.com/docs/errors (2026-03). Texts may change at
// Plaid; only type and code are stable. An empty display_message means null, an empty status 400.
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

//go:embed errorcodes.csv
var errorCodes []byte

// plaidError returns the error of a code. A code that is not in the table is an Item error: Plaid may add codes at any time
// (plaid.com/docs/api/versioning), so callers must be able to try an unknown one here.
func plaidError(code string) *apiError {
	if e, ok := plaidErrors[code]; ok {
		return &e
	}
	return &apiError{Type: typeItemError, Code: code, Message: "the item is in the error state " + code}
}
