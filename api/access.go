package api

import (
	"fmt"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// admit lets in only the callers that access names. It returns the request with what it found out about the caller.
// Handlers read that with web.FromContext.
func (s *Server) admit(r *http.Request, access web.Access) (*http.Request, error) {
	switch access {
	case web.PlaidSigned:
		claims, err := s.hook.Verify(r)
		return web.With(r, claims), err
	case web.DeepLink:
		grant, err := s.portal.Grant(r)
		if err == nil {
			telemetry.EventIn(r.Context()).Set(
				zap.String("caller", "merchant"), zap.String("merchant_id", grant.MerchantID), zap.String("slot", grant.Slot))
		}
		return web.With(r, grant), err
	case web.ExpiredDeepLink, web.LinkBrowser, web.UnsubscribeLink:
		// The handlers check these, because valid and invalid tokens must get the same response. Cross-site requests are
		// no concern: the other site would have to know the token itself.
		return r, nil
	case web.Anyone:
		if err := s.crossOrigin.Check(r); err != nil {
			return r, web.Refuse(web.CrossSite, "the request comes from another site", err)
		}
		return r, nil
	}
	scope, ok := strings.CutPrefix(string(access), "scope ")
	if !ok {
		return r, fmt.Errorf("route %s: no caller is %q", r.Pattern, access)
	}
	return s.admitScope(r, scope)
}

// admitScope lets in callers who were granted a scope.
func (s *Server) admitScope(r *http.Request, scope string) (*http.Request, error) {
	caller, err := s.authenticate(r)
	if err != nil {
		return r, err
	}
	event := telemetry.EventIn(r.Context())
	event.Set(zap.String("caller", caller.Subject), zap.Bool("signed_in", caller.SignedIn))
	if len(caller.Roles) > 0 {
		event.Set(zap.Any("roles", caller.Roles))
	}
	r = web.With(r, caller)
	if err := caller.Require(scope); err != nil {
		return r, web.Refuse(web.ScopeMissing, "the scope "+scope+" was not granted", err)
	}
	return r, nil
}

// authenticate returns the caller: the one of a bearer token, or else the person of a session. A browser sends its
// session with every request, even with one that another site made it send, so authenticate refuses cross-site
// requests.
func (s *Server) authenticate(r *http.Request) (signin.Caller, error) {
	if s.Web == nil || r.Header.Get("Authorization") != "" {
		return s.Bearer.Authenticate(r)
	}
	caller, err := s.Web.Caller(r)
	if err != nil {
		return signin.Caller{}, err
	}
	if err := s.crossOrigin.Check(r); err != nil {
		return signin.Caller{}, web.Refuse(web.CrossSite, "the request comes from another site", err)
	}
	return caller, nil
}
