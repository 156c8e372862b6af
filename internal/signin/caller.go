package signin

import (
	"errors"
	"fmt"
	"slices"
)

// The reasons why a request is refused. Every error of Authenticate wraps one of the first two, every error of
// Caller.Require wraps the third.
var (
	// ErrUnauthenticated: no bearer token, or one that is not valid here. The response is 401.
	ErrUnauthenticated = errors.New("not authenticated")
	// ErrUnavailable: the issuer is out of reach, so the token cannot be checked. The response is 503.
	ErrUnavailable = errors.New("token cannot be checked")
	// ErrForbidden: the caller lacks the scope. The response is 403.
	ErrForbidden = errors.New("not allowed")

	// ErrNoToken is the ErrUnauthenticated of a request without a token.
	ErrNoToken = fmt.Errorf("%w: no bearer token", ErrUnauthenticated)
)

// Caller is the owner of a valid token or session.
type Caller struct {
	Subject string // the token's sub: a client's id, or a person's
	Scopes  []string
	// SignedIn is set for a person with a session. Such a person has roles, and a name if the issuer gives one.
	SignedIn bool
	Name     string
	Roles    []Role
	// Merchant is the merchant that a person of the role Merchant represents. It is empty for every other caller.
	Merchant string
}

// Has reports whether the caller was granted the scope.
func (c Caller) Has(scope string) bool { return slices.Contains(c.Scopes, scope) }

// Require returns nil if the caller has the scope, else an error that names the scope and wraps
// ErrForbidden.
func (c Caller) Require(scope string) error {
	if c.Has(scope) {
		return nil
	}
	return &scopeError{scope}
}

type scopeError struct{ scope string }

func (e *scopeError) Error() string {
	return fmt.Sprintf("%v: scope %q is missing", ErrForbidden, e.scope)
}
func (e *scopeError) Unwrap() error { return ErrForbidden }

// Challenge returns the WWW-Authenticate header for an error of this package (RFC 6750, section
// 3), or "" if the error needs none.
func Challenge(err error) string {
	var missing *scopeError
	switch {
	case errors.As(err, &missing):
		return fmt.Sprintf("Bearer error=\"insufficient_scope\", scope=%q", missing.scope)
	case errors.Is(err, ErrNoToken):
		return "Bearer"
	case errors.Is(err, ErrUnauthenticated):
		return `Bearer error="invalid_token"`
	default:
		return ""
	}
}
