package web

import "net/http"

// Access names the callers of a route. It is one of the constants here, or a scope of the table of roles.
type Access string

const (
	// PlaidSigned needs Plaid's signature over a webhook for this deployment's environment.
	PlaidSigned Access = "plaid signed"
	// DeepLink needs a deep link that has not expired.
	DeepLink Access = "deep link"
	// ExpiredDeepLink accepts a valid signature even after expiry. A forged link gets the same response and has no
	// effect.
	ExpiredDeepLink Access = "deep link, even expired"
	// LinkBrowser needs the cookie of the browser in which Link was opened, or the session of its merchant. Any other
	// browser gets a page that asks the merchant to open the mail again.
	LinkBrowser Access = "browser of the opened link"
	// UnsubscribeLink needs the link to unsubscribe that is in each mail; it never expires. A forged link gets the same
	// response and has no effect.
	UnsubscribeLink Access = "unsubscribe link"
	// Anyone needs no credentials. These routes reveal no data and change only the caller's session.
	Anyone Access = "anyone"
)

// Scope needs a bearer token, or a person's session, with the scope.
func Scope(scope string) Access { return Access("scope " + scope) }

// Handler handles a request whose caller was admitted. It either writes the response or returns an error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ErrorWriter writes an error in the form that the callers of a route read.
type ErrorWriter func(w http.ResponseWriter, r *http.Request, e *Error)

// Route is one line of the table of routes.
type Route struct {
	Pattern string // as http.ServeMux has it: "GET /v1/items/{id}"
	Access  Access
	Errors  ErrorWriter
	Handle  Handler
}

// Files returns a Handler for an http.Handler that serves files.
func Files(h http.Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
