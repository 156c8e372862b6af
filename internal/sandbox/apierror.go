package sandbox

import (
	"net/http"
	"strings"
)

// apiError is what is wrong with a call or an Item, in Plaid's words. It is immutable once made.
type apiError struct {
	kind    string // error_type
	code    string // error_code
	reason  string // error_code_reason; OAuth Items only
	message string // error_message, for developers
	display string // display_message; empty means null
	status  int    // HTTP status; 0 means 400
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func (e *apiError) httpStatus() int {
	if e.status == 0 {
		return http.StatusBadRequest
	}
	return e.status
}

// errorView is Plaid's error object (schema PlaidError). API answers carry request_id, webhooks carry status instead.
type errorView struct {
	Type             string  `json:"error_type"`
	Code             string  `json:"error_code"`
	CodeReason       string  `json:"error_code_reason,omitempty"`
	Message          string  `json:"error_message"`
	DisplayMessage   *string `json:"display_message"`
	RequestID        string  `json:"request_id,omitempty"`
	Status           int     `json:"status,omitempty"`
	DocumentationURL string  `json:"documentation_url,omitempty"`
}

func (e *apiError) view() *errorView {
	if e == nil {
		return nil
	}
	v := &errorView{Type: e.kind, Code: e.code, CodeReason: e.reason, Message: e.message}
	if e.display != "" {
		v.DisplayMessage = &e.display
	}
	return v
}

func (e *apiError) answer(requestID string) *errorView {
	v := e.view()
	v.RequestID = requestID
	v.DocumentationURL = "https://plaid.com/docs/?ref=error#" + strings.ReplaceAll(strings.ToLower(e.kind), "_", "-") + "-errors"
	return v
}

// inWebhook is the error as webhooks carry it: display_message explicitly null (Plaid's changelog, 2026-02-26), the type
// of a revoked permission ITEM_ERROR where the API says INVALID_INPUT (plaid.com/docs/api/items, USER_PERMISSION_REVOKED).
func (e *apiError) inWebhook() *errorView {
	v := e.view()
	v.DisplayMessage = nil
	v.Status = e.httpStatus()
	if e.code == codeUserPermissionRevoked {
		v.Type = typeItemError
	}
	return v
}

func invalidField(message string) *apiError {
	return &apiError{kind: "INVALID_REQUEST", code: "INVALID_FIELD", message: message}
}
