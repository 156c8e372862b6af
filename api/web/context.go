package web

import (
	"context"
	"fmt"
	"net/http"
)

// contextKey is the key of the one value of a type that a request carries.
type contextKey[T any] struct{}

// With returns the request with a value that FromContext finds by its type.
func With[T any](r *http.Request, v T) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), contextKey[T]{}, v))
}

// FromContext returns the value that the check of the route's Access stored: a signin.Caller, a deeplink.Grant or the
// webhook.Claims. It returns an error if the route's Access does not store a T, so that a route whose Access checks too
// little serves nobody.
func FromContext[T any](r *http.Request) (T, error) {
	v, ok := r.Context().Value(contextKey[T]{}).(T)
	if !ok {
		return v, fmt.Errorf("route %s: its access stores no %T", r.Pattern, v)
	}
	return v, nil
}
