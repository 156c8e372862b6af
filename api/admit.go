package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/internal/deeplink"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// What admit found out about a request goes to its handler in the context.
type contextKey int

const (
	callerKey contextKey = iota
	grantKey
	claimsKey
)

// found answers what admit put into the context. A handler that asks for what its line in the table does not check has
// nothing to work with, and says so.
func found[T any](r *http.Request, key contextKey) (T, error) {
	v, ok := r.Context().Value(key).(T)
	if !ok {
		return v, fmt.Errorf("route %s: its access gives no %T", r.Pattern, v)
	}
	return v, nil
}

// admit lets in whom access names, and nobody else. It answers the request with what it found out about the caller.
func (s *Server) admit(r *http.Request, access Access) (*http.Request, error) {
	with := func(key contextKey, value any) *http.Request {
		return r.WithContext(context.WithValue(r.Context(), key, value))
	}
	event := telemetry.EventIn(r.Context())
	switch access {
	case PlaidSigned:
		claims, err := s.signedByPlaid(r)
		if err == nil {
			event.Set(zap.String("caller", "plaid"))
		}
		return with(claimsKey, claims), err
	case DeepLink:
		grant, err := s.granted(r)
		if err == nil {
			event.Set(zap.String("caller", "merchant"), zap.String("merchant_id", grant.MerchantID), zap.String("slot", grant.Slot))
		}
		return with(grantKey, grant), err
	case PastLink, LinkCookie, StopLink:
		// Their handlers look: the link, over or not, and the cookie open nothing here that who has neither is refused. No
		// other site gains by sending such a request: it has no more than the link it would have to know.
		return r, nil
	case Anyone:
		if err := s.crossOrigin.Check(r); err != nil {
			return r, refuse(http.StatusForbidden, "the request comes from another site", err)
		}
		return r, nil
	}
	scope, ok := strings.CutPrefix(string(access), "scope ")
	if !ok {
		return r, fmt.Errorf("route %s: nobody is %q", r.Pattern, access)
	}
	caller, err := s.caller(r)
	if err != nil {
		return r, err
	}
	event.Set(zap.String("caller", caller.Subject), zap.Bool("signed_in", caller.SignedIn))
	if len(caller.Roles) > 0 {
		event.Set(zap.Any("roles", caller.Roles))
	}
	if err := caller.Require(scope); err != nil {
		return with(callerKey, caller), refuse(http.StatusForbidden, "the scope "+scope+" was not granted", err)
	}
	return with(callerKey, caller), nil
}

// signedByPlaid checks the signature over the delivery that the body will be held against. A source that failed too
// often costs no look-up of a key any more: what the keys at hand do not vouch for is refused unread. What they do vouch
// for is never limited.
func (s *Server) signedByPlaid(r *http.Request) (webhook.Claims, error) {
	if r.PathValue("environment") != s.opts.Environment {
		return webhook.Claims{}, refuse(http.StatusNotFound, "this deployment serves another environment", nil)
	}
	token := r.Header.Get(webhook.Header)
	limited := s.sources.usedUp(s.sources.of(r))
	if limited && !s.Verifier.SignedByCachedKey(token) {
		return webhook.Claims{}, limitedDelivery(nil)
	}
	claims, err := s.Verifier.VerifyToken(r.Context(), token)
	switch {
	case limited && errors.Is(err, webhook.ErrForged):
		return webhook.Claims{}, limitedDelivery(err)
	case err != nil:
		return webhook.Claims{}, refuseDelivery(err)
	}
	return claims, nil
}

// granted answers what a deep link stands for. Over, unknown and forged are one and the same to whoever asks. POSTs
// that another site made a browser send are refused before.
func (s *Server) granted(r *http.Request) (deeplink.Grant, error) {
	if origin := r.Header.Get("Origin"); r.Method == http.MethodPost && origin != "" && origin != s.origin {
		return deeplink.Grant{}, refuse(http.StatusForbidden, "the request comes from another site", nil)
	}
	g, err := s.Links.Parse(r.PathValue("token"), time.Now())
	if err != nil {
		return deeplink.Grant{}, refuse(http.StatusNotFound, "this link is not valid any more", err)
	}
	return g, nil
}

// caller answers who calls: by a bearer token, or else by the session of a person who signed in. A session goes along
// with every request of its browser, so with one that another site made it send, too: such a request changes nothing.
func (s *Server) caller(r *http.Request) (signin.Caller, error) {
	if s.Web == nil || r.Header.Get("Authorization") != "" {
		return s.Bearer.Authenticate(r)
	}
	caller, err := s.Web.Caller(r)
	if err != nil {
		return signin.Caller{}, err
	}
	if err := s.crossOrigin.Check(r); err != nil {
		return signin.Caller{}, refuse(http.StatusForbidden, "the request comes from another site", err)
	}
	return caller, nil
}
