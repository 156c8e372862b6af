package httpx

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Error is a call that the peer did not carry out. Its text holds the status, or why no response came. It never holds a
// body, or the URL, which may hold a password.
type Error struct {
	Peer       string
	Status     int           // 0 when no response came
	RetryAfter time.Duration // how long the response asks us to wait, 0 when it does not say

	cause error // why no response came
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Status == 0:
		return fmt.Sprintf("%s: no response: %v", e.Peer, e.cause)
	case e.Status/100 == 3:
		return fmt.Sprintf("%s: status %d; redirects are not followed", e.Peer, e.Status)
	}
	return fmt.Sprintf("%s: status %d", e.Peer, e.Status)
}

// Unwrap lets errors.Is find the context's own errors.
func (e *Error) Unwrap() error { return e.cause }

// WithoutURL returns the error below net/http, without the method and URL that net/http adds to it.
func WithoutURL(err error) error {
	var transport *url.Error
	if errors.As(err, &transport) {
		return transport.Err
	}
	return err
}
