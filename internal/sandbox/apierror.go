package sandbox

import (
	"cmp"
	"net/http"
	"strings"
)

// apiError is Plaid's error object (schema PlaidError): what is wrong with a call, an Item or a Link session. It does not
// change once it is made.
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
