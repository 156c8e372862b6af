package plaid

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
	"relink/internal/neighbour/httpx"
)

// Plaid's codes and types that decide something about a call (https://plaid.com/docs/errors/). The table in
// internal/item has what a code means for an Item.
const (
	codeInvalidAPIKeys     = "INVALID_API_KEYS"
	codeProductNotReady    = "PRODUCT_NOT_READY"
	codeUnknownInstitution = "INVALID_INSTITUTION"
	codeInvalidLinkToken   = "INVALID_LINK_TOKEN"
	codeUnknownWebhookKey  = "INVALID_WEBHOOK_VERIFICATION_KEY_ID"
	typeInvalidRequest     = "INVALID_REQUEST"
	typeInvalidInput       = "INVALID_INPUT"
	typeItemError          = "ITEM_ERROR"
	typeInstitutionError   = "INSTITUTION_ERROR"
	typeRateLimit          = "RATE_LIMIT_EXCEEDED"
)

// Error is a call that Plaid did not carry out, or whose response could not be read. Its text holds the code, the
// status and the request id, or why no response came. It never holds a body, which may hold a token.
type Error struct {
	// Type, Code and Reason are Plaid's error_type, error_code and error_code_reason, empty when the response was not
	// Plaid's (a proxy's page, half a response, or none).
	Type, Code, Reason string
	// RequestID identifies the call to Plaid's support.
	RequestID string
	// Status is the HTTP status, 0 when no response came. It may be 200, for a response that cannot be read.
	Status int
	// RetryAfter is how long the response asks us to wait, 0 when it does not say.
	RetryAfter time.Duration

	cause error // why no response came, or why it broke off; nil when it came whole
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.cause != nil && e.Code != "":
		return fmt.Sprintf("plaid: %s: %v", e.Code, e.cause)
	case e.cause != nil && e.Status != 0:
		return fmt.Sprintf("plaid: response broke off (status %d): %v", e.Status, e.cause)
	case e.cause != nil:
		return fmt.Sprintf("plaid: no response: %v", e.cause)
	case e.Code == "":
		return fmt.Sprintf("plaid: unreadable response (status %d)", e.Status)
	case e.RequestID == "":
		return fmt.Sprintf("plaid: %s (status %d)", e.Code, e.Status)
	}
	return fmt.Sprintf("plaid: %s (status %d, request %s)", e.Code, e.Status, e.RequestID)
}

// Unwrap lets errors.Is find the context's own errors.
func (e *Error) Unwrap() error { return e.cause }

// Throttled reports whether a rate limit was hit, and how long Plaid asks us to wait, 0 when it does not say.
func (e *Error) Throttled() (time.Duration, bool) {
	if e.Status != http.StatusTooManyRequests && e.Type != typeRateLimit {
		return 0, false
	}
	return e.RetryAfter, true
}

// class returns the class of the error's code. known is false for a code that Plaid has added since.
func (e *Error) class() (m item.ErrorClass, known bool) { return item.ClassOf(e.Code, e.Reason) }

// OurFault reports whether our own set-up or code is the cause. Such an error says nothing about the Item.
func (e *Error) OurFault() bool {
	m, _ := e.class()
	return m.OurSetUp() || e.Type == typeInvalidRequest
}

// Final reports whether sending the same request again cannot help. An error that a person can repair on our side is
// not final, so that a rotated secret loses no work. A code that the table does not know is judged by its type.
func (e *Error) Final() bool {
	if _, throttled := e.Throttled(); throttled || !e.fromPlaid() {
		return false
	}
	if m, known := e.class(); known {
		return m.Final
	}
	return e.Type == typeInvalidRequest || e.Type == typeInvalidInput || e.Type == typeItemError
}

// gone reports whether Plaid no longer has the Item.
func (e *Error) gone() bool {
	m, _ := e.class()
	return m.State == item.Removed
}

// PastUpdateMode reports whether update mode can no longer repair the Item, because Plaid no longer has it or no longer
// supports its bank.
func (e *Error) PastUpdateMode() bool {
	m, _ := e.class()
	return m.PastUpdateMode && e.fromPlaid()
}

// aboutItem reports whether the error is Plaid's status of the connection between the merchant and the bank.
func (e *Error) aboutItem() bool {
	m, _ := e.class()
	if m.OurSetUp() || e.Code == codeProductNotReady || !e.fromPlaid() {
		return false
	}
	return e.Type == typeItemError || e.Type == typeInstitutionError || m.State != ""
}

func (e *Error) fromPlaid() bool {
	return e.Code != "" && e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError
}

// newError converts plaid-go's error of a failed call. plaid-go's own error is dropped on purpose, since it holds the
// body.
func newError(response *http.Response, err error) *Error {
	if response == nil {
		return &Error{cause: httpx.WithoutURL(err)}
	}
	e := &Error{Status: response.StatusCode, RetryAfter: httpx.RetryAfter(response.Header, time.Now())}
	var generic sdk.GenericOpenAPIError
	if !errors.As(err, &generic) {
		e.cause = err // while reading the body
		return e
	}
	// plaid-go reads a body as an error only under a JSON content type, and ToPlaidError only an unwrapped error.
	var body struct {
		Type      string `json:"error_type"`
		Code      string `json:"error_code"`
		Reason    string `json:"error_code_reason"`
		RequestID string `json:"request_id"`
	}
	if response.StatusCode >= http.StatusMultipleChoices && json.Unmarshal(generic.Body(), &body) == nil {
		e.Type, e.Code, e.Reason, e.RequestID = word(body.Type), word(body.Code), word(body.Reason), word(body.RequestID)
	}
	return e
}

// errUnreadable returns the error for a response with a good status that lacks a required field. plaid-go reads an
// empty body, which any proxy may send, as a response full of zero values, and an Item full of zero values looks
// healthy.
func errUnreadable(response *http.Response) *Error { return &Error{Status: response.StatusCode} }

// word returns s if it looks like one of Plaid's codes or request ids, else nothing, so that nothing else gets into an
// error's text.
func word(s string) string {
	if len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return ""
		}
	}
	return s
}
