package web

import (
	"errors"
	"fmt"
	"time"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/signin"
)

// Error is an error with its public part: the kind and the detail, which the caller gets. The methods Error and Unwrap
// return the cause as well, which is for our log alone.
type Error struct {
	Kind   Kind
	Detail string
	// Fields lists everything that is wrong with an invalid request.
	Fields []FieldError
	// RetryAfter is when the caller may try again; zero if that does not help or is not known.
	RetryAfter time.Duration

	cause error
}

// Error returns the detail and the cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Detail
	}
	return e.Detail + ": " + e.cause.Error()
}

// Unwrap returns the cause; nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

// Refuse returns an Error of a kind. detail is for the caller and must not repeat anything that the caller sent. cause
// is for our log and may be nil.
func Refuse(kind Kind, detail string, cause error) *Error {
	return &Error{Kind: kind, Detail: detail, cause: cause}
}

// RefuseUntil returns an Error like Refuse, for a request that may succeed after a while.
func RefuseUntil(kind Kind, after time.Duration, detail string, cause error) *Error {
	return &Error{Kind: kind, Detail: detail, RetryAfter: after, cause: cause}
}

// RefuseField returns an Error of a kind that is about one field of the body.
func RefuseField(kind Kind, pointer, detail string, cause error) *Error {
	field := FieldError{Pointer: &pointer, Detail: detail}
	return &Error{Kind: kind, Detail: field.sentence(), Fields: []FieldError{field}, cause: cause}
}

// inWorkRetry is when to retry a request that another request is carrying out.
const inWorkRetry = 2 * time.Second

// Describe returns the Error for any error of a handler. An error that is not known here becomes Unavailable, and its
// text stays in our log.
func Describe(err error) *Error {
	var (
		e       *Error
		atPlaid *plaid.Error
	)
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, item.ErrUnknown):
		return Refuse(NotFound, "no such item", err)
	case errors.Is(err, item.ErrTaken):
		return Refuse(ItemTaken, "this item belongs to another merchant", err)
	case errors.Is(err, item.ErrErasing):
		return Refuse(MerchantErasing, "the merchant is being erased", err)
	case errors.Is(err, item.ErrBusy):
		return RefuseUntil(RequestInWork, inWorkRetry, "another request is doing it", err)
	case errors.As(err, &atPlaid) && atPlaid.Final():
		return Refuse(PlaidRefused, "plaid refused it: "+atPlaid.Code, err)
	case errors.As(err, &atPlaid):
		return RefuseUntil(Unavailable, 10*time.Second, "plaid cannot be asked now", err)
	}
	if e := describeBody(err); e != nil {
		return e
	}
	if e := describeSignIn(err); e != nil {
		return e
	}
	return RefuseUntil(Unavailable, 5*time.Second, "not done; try again", err)
}

// describeSignIn returns the Error for an error of package signin, and nil for any other error.
func describeSignIn(err error) *Error {
	switch {
	case errors.Is(err, signin.ErrStale):
		return Refuse(NoSuchSignIn, "no such sign-in is under way", err)
	case errors.Is(err, signin.ErrRefused):
		return Refuse(SignInRefused, "the issuer did not sign you in", err)
	case errors.Is(err, signin.ErrUnauthenticated):
		return Refuse(Unauthenticated, "a valid bearer token is needed", err)
	case errors.Is(err, signin.ErrForbidden):
		return Refuse(ScopeMissing, "the scope for this was not granted", err)
	case errors.Is(err, signin.ErrUnavailable):
		return RefuseUntil(Unavailable, 5*time.Second, "the issuer cannot be asked now", err)
	}
	return nil
}

// Invalid returns the Error for a request with one mistake. pointer is a JSON pointer into the body, "/email", or ""
// for the body as a whole.
func Invalid(pointer, format string, args ...any) *Error {
	return invalid([]FieldError{{Pointer: &pointer, Detail: fmt.Sprintf(format, args...)}})
}

// InvalidParameter returns the Error for a request with one wrong parameter in its path, its query or its header.
func InvalidParameter(name, format string, args ...any) *Error {
	return invalid([]FieldError{{Parameter: name, Detail: fmt.Sprintf(format, args...)}})
}
